"""Records: labelled results of experiments, in files that say where they come from.

A record is one netCDF file below ``data/records/<experiment>/<scale>/``, read with ``load``. Its
attributes say what was measured with which settings, seeds, data, code and machine, and hold a
digest of the content, so that a value changed afterwards is noticed. The files are plain arrays and
text: nothing that is read can run code.
"""

from relu_book.extras import needs

needs("relu_book.records", "lab", "xarray", "h5netcdf")

from relu_book.records.committed import (
    SCALES,
    load,
    record_path,
    recorded,
    records_root,
    repository,
)
from relu_book.records.files import LIMIT, RecordError, digest, read, save

__all__ = [
    "LIMIT",
    "SCALES",
    "RecordError",
    "digest",
    "load",
    "read",
    "record_path",
    "recorded",
    "records_root",
    "repository",
    "save",
]
