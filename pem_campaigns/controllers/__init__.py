from . import decide
from . import hook
