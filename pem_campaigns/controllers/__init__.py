from . import decide
from . import hook
from . import interchange
from . import report
from . import trail
