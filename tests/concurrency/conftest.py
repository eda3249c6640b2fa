import pytest
from pemsetup import templates

from ..support.concurrency import Bench


@pytest.fixture(scope='package')
def bench(template):
    """A database that all these tests share, each with a part of its own, and two servers on it: see `Bench`."""
    database = template.copy(f'{templates.run_prefix()}concurrency')
    bench = Bench(database)
    yield bench
    bench.close()
    database.drop()
