"""A book compiled to labelled arrays."""
