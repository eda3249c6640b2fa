from . import decide
from . import hook
from . import report
from . import trail
