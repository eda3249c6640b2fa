from . import portal
from . import requests
from . import documents
from . import sandbox
