# SPDX-License-Identifier: Apache-2.0
"""Many pure units over content, on Dask: a cluster that the lab starts on its own machine, or one elsewhere.

A unit is a value that carries digests and never source; its function is named, lives in a module `units`, gets the unit
and a `Source` to fetch content by, and returns bytes. `run` yields one `Outcome` a unit. Every connection is mutual
TLS, also here; content goes from the lab's memory to the worker's, under the job's fencing token.

Dask pickles, so whoever holds a cluster's credential may run code in its scheduler, workers and dispatcher. The lab's
own process, which holds the keys of products, is none of these: it speaks to its dispatcher in frames of JSON and
bytes.
"""

from glasshouse.engines.fanout.cluster import Compute, local, remote
from glasshouse.engines.fanout.credentials import Credential, Role
from glasshouse.engines.fanout.errors import ComputeBusyError, ComputeEndedError, InvalidUnitError
from glasshouse.engines.fanout.fetching import Source
from glasshouse.engines.fanout.running import run
from glasshouse.engines.fanout.values import Content, Kind, Outcome, Unit

__all__ = [
    "Compute",
    "ComputeBusyError",
    "ComputeEndedError",
    "Content",
    "Credential",
    "InvalidUnitError",
    "Kind",
    "Outcome",
    "Role",
    "Source",
    "Unit",
    "local",
    "remote",
    "run",
]
