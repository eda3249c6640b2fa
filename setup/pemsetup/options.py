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
