"use strict";
(function () {
  const phone = window.matchMedia("(max-width: 640px)");
  const plots = Array.from(document.querySelectorAll(".plot"));
  const settings = { displayModeBar: false, responsive: true, scrollZoom: false, doubleClick: false };

  function size() { return phone.matches ? "narrow" : "wide"; }

  function stored(plot, which) {
    const held = document.querySelector('script[data-for="' + plot.id + '"][data-size="' + which + '"]');
    return JSON.parse(held.textContent);
  }

  function draw(plot, which) {
    const chart = stored(plot, which);
    return window.Plotly.react(plot, chart.data, chart.layout, settings);
  }

  function drawAll() { plots.forEach(function (plot) { draw(plot, size()); }); }

  function printed() {
    plots.forEach(function (plot) {
      const chart = stored(plot, "wide");
      chart.layout.autosize = false;
      chart.layout.width = 672;
      chart.layout.height = Math.round(0.78 * chart.layout.height);
      plot.style.height = chart.layout.height + "px";
      window.Plotly.react(plot, chart.data, chart.layout, settings);
    });
  }

  function restored() {
    plots.forEach(function (plot) { plot.style.height = ""; });
    drawAll();
  }

  function asText(table) {
    return Array.from(table.rows).map(function (row) {
      return Array.from(row.cells).map(function (cell) { return cell.textContent.trim(); }).join("\t");
    }).join("\n");
  }

  function offerCopies() {
    if (!navigator.clipboard) { return; }
    document.querySelectorAll(".copy").forEach(function (button) {
      button.hidden = false;
      button.addEventListener("click", function () {
        const table = button.closest("details").querySelector("table");
        navigator.clipboard.writeText(asText(table)).then(function () { button.textContent = "copied"; });
      });
    });
  }

  function openTarget() {
    const target = document.getElementById(decodeURIComponent(window.location.hash.slice(1)));
    const held = target && target.closest("details");
    if (held) { held.open = true; target.scrollIntoView(); }
  }

  drawAll();
  offerCopies();
  openTarget();
  phone.addEventListener("change", drawAll);
  window.addEventListener("hashchange", openTarget);
  window.addEventListener("beforeprint", printed);
  window.addEventListener("afterprint", restored);
})();
