"""Runs on disk: one netCDF file each, written whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from offtake.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr

__all__ = ["read_run", "write_run"]

_KEY: Final = "offtake_run"
_FORMAT: Final = 1


def write_run(path: Path, dataset: xr.Dataset, record: Mapping[str, Any]) -> Path:
    """Write a dataset and its record to a netCDF file and return its path.

    A reader meets the old file or the new one, never half of one.

    Raises
    ------
    InputError
        If the folder does not exist.
    """
    if not path.parent.is_dir():
        msg = f"there is no folder {path.parent} to write {path.name} into; make it first"
        raise InputError(msg)
    plain = dataset.copy()
    plain.attrs[_KEY] = json.dumps({"format": _FORMAT, **record}, sort_keys=True)
    handle, name = tempfile.mkstemp(suffix=".part", prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    part = Path(name)
    try:
        packed = {str(each): {"zlib": True, "complevel": 4} for each in plain.data_vars if plain[each].ndim}
        plain.to_netcdf(part, engine="h5netcdf", encoding=packed)
        part.chmod(0o644)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path


def read_run(path: Path) -> tuple[xr.Dataset, dict[str, Any]]:
    """Return the dataset and the record of a saved run, read into memory.

    Raises
    ------
    InputError
        If the file is missing, or is not a run, or is one of a later format.
    """
    import xarray as xr

    if not path.is_file():
        msg = f"there is no file {path}"
        raise InputError(msg)
    try:
        with xr.open_dataset(path, engine="h5netcdf") as opened:
            dataset = opened.load()
    except (OSError, ValueError) as error:
        msg = f"{path} cannot be read as netCDF; a run is saved with .save()"
        raise InputError(msg) from error
    if _KEY not in dataset.attrs:
        msg = f"{path} is netCDF but not a saved run; a run is saved with .save()"
        raise InputError(msg)
    record: dict[str, Any] = json.loads(dataset.attrs.pop(_KEY))
    if record.pop("format") != _FORMAT:
        msg = f"{path} was saved by a later version of Offtake; update Offtake, or run the book again"
        raise InputError(msg)
    record["citations"] = tuple(record["citations"])
    return dataset, record
