"""Definitions on their way out of a database and into another one; the format is that of :mod:`..engine.exchange`."""
from . import schema
from . import references
from . import conditions
from . import pack
from . import fit
from . import sync
from . import unpack
