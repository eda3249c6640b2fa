"""What setup/run and setup/test can be told; looked at before anything is installed, and again by the command itself."""
import argparse


def run(arguments):
    parser = argparse.ArgumentParser(
        prog='setup/run', description='Installs what is missing, makes the demo database `pem`, and serves it. '
        'The next time it is there within seconds and has kept its data.')
    parser.add_argument('--port', type=int, default=8069, help='the port on 127.0.0.1 (default: %(default)s)')
    parser.add_argument('--fresh', action='store_true', help='throw the demo database away and make it anew')
    parser.add_argument('--no-serve', action='store_true', help='stop when the demo database is ready')
    return parser.parse_args(arguments)


def test(arguments):
    parser = argparse.ArgumentParser(
        prog='setup/test', description='Installs what is missing and runs lint, the tests of every addon (Python, tours, JavaScript), '
        'their update and uninstallation, and tests/. The last line is "N passed, N failed, N skipped".')
    parser.add_argument('only', nargs='*', metavar='PART', help='an addon, lint, uninstall, tests, or a file in tests (default: everything)')
    return parser.parse_args(arguments)


def bench(arguments):
    parser = argparse.ArgumentParser(
        prog='setup/bench', description='Installs what is missing and runs the benchmarks in tests/bench on throwaway databases, each measurement '
        'beside its yardstick in the same run. The last line is "BENCH ok N short M".')
    parser.add_argument('only', nargs='*', metavar='NAME', help='a file in tests/bench, without .py (default: everything)')
    parser.add_argument('--sizes', type=sizes, default='1000,10000', metavar='N,N', help='how many records, from few to many (default: %(default)s)')
    parser.add_argument('--crowd', type=int, default=1_000_000, metavar='N',
                        help='how many records the database holds where a benchmark asks for a full one (default: %(default)s)')
    return parser.parse_args(arguments)


def sizes(text):
    found = sorted({int(size) for size in text.split(',')})
    if found[0] < 1:
        raise ValueError(text)
    return found
