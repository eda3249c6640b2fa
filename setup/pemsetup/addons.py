"""The project's own addons, read from their manifests."""
import ast

from . import files
from .paths import ROOT


def names():
    """All addons in the project's root, each after those it depends on."""
    found = {path.parent.name for path in ROOT.glob('*/__manifest__.py')}
    ordered = []

    def visit(name):
        for needed in sorted(found.intersection(manifest(name).get('depends', ()))):
            visit(needed)
        if name not in ordered:
            ordered.append(name)

    for name in sorted(found):
        visit(name)
    return ordered


def manifest(name):
    return ast.literal_eval((ROOT / name / '__manifest__.py').read_text())


def foreign(name):
    """The standard addons that ``name`` needs, also through our own ones."""
    ours = names()
    needed = set()
    for dependency in manifest(name).get('depends', ()):
        needed |= foreign(dependency) if dependency in ours else {dependency}
    return needed


def family(name):
    """``name`` and those of our addons it depends on."""
    ours = names()
    return {name}.union(*(family(dependency) for dependency in manifest(name).get('depends', ()) if dependency in ours))


def content(name):
    """A digest of everything in the addon's folder."""
    paths = sorted(path for path in (ROOT / name).rglob('*') if path.is_file() and '__pycache__' not in path.parts)
    return files.digest(*(part for path in paths for part in (str(path.relative_to(ROOT)), path)))
