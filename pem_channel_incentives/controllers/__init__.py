from . import responses
