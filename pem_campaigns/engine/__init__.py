"""Pure rules, free of the ORM."""
from . import answers
from . import chain
from . import conditions
from . import flow
from . import migration
from . import soundness
