"""Names that were there in 2019: since when they are gone, what to write, what to supply.

`RENAMED` lists attributes of modules, `METHODS` methods of classes, `MODULES` whole modules.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["METHODS", "MODULES", "RENAMED", "Gone", "find"]


class Gone(NamedTuple):
    """One name that is gone.

    Attributes:
        name: Its dotted path.
        since: The release that lacks it.
        instead: What to write today.
        source: Where `run` takes it from, as ``module:name``; empty where it is not supplied.
    """

    name: str
    since: str
    instead: str
    source: str = ""

    def __str__(self) -> str:
        return f"{self.name} is gone since {self.since}; {self.instead}"


def _rows(since: str, module: str, text: str) -> list[Gone]:
    """Rows `old instead [source]`; the source is what is written instead where it is left out."""
    rows = []
    for line in text.strip().splitlines():
        old, new, *source = line.split()
        where = source[0] if source else ":".join(new.rsplit(".", 1))
        rows.append(Gone(f"{module}.{old}", since, f"write {new}", where))
    return rows


_NUMPY_1_24 = """
int int builtins:int
float float builtins:float
complex complex builtins:complex
object object builtins:object
bool bool builtins:bool
str str builtins:str
long int builtins:int
unicode str builtins:str
bool8 numpy.bool_
int0 numpy.intp
uint0 numpy.uintp
object0 numpy.object_
str0 numpy.str_
bytes0 numpy.bytes_
void0 numpy.void
"""
_NUMPY_1_23 = """
asscalar array.item() catenary.legacy.old_numpy:asscalar
alen len(a) catenary.legacy.old_numpy:alen
rank numpy.ndim
loads pickle.loads
typeDict numpy.sctypeDict
"""
_NUMPY_2_0 = """
float_ numpy.float64
complex_ numpy.complex128
cfloat numpy.complex128
singlecomplex numpy.complex64
longfloat numpy.longdouble
clongfloat numpy.clongdouble
longcomplex numpy.clongdouble
unicode_ numpy.str_
string_ numpy.bytes_
Inf numpy.inf
Infinity numpy.inf
PINF numpy.inf
infty numpy.inf
NINF -numpy.inf catenary.legacy.old_numpy:NINF
NaN numpy.nan
PZERO 0.0 catenary.legacy.old_numpy:PZERO
NZERO -0.0 catenary.legacy.old_numpy:NZERO
product numpy.prod
cumproduct numpy.cumprod
sometrue numpy.any
alltrue numpy.all
round_ numpy.round
msort numpy.sort(a,axis=0) catenary.legacy.old_numpy:msort
asfarray numpy.asarray(a,dtype=float) catenary.legacy.old_numpy:asfarray
find_common_type numpy.result_type catenary.legacy.old_numpy:find_common_type
cast numpy.asarray(a,dtype) catenary.legacy.old_numpy:cast
issubclass_ issubclass builtins:issubclass
mat numpy.asmatrix
math math math
warnings warnings warnings
AxisError numpy.exceptions.AxisError
ComplexWarning numpy.exceptions.ComplexWarning
VisibleDeprecationWarning numpy.exceptions.VisibleDeprecationWarning
RankWarning numpy.exceptions.RankWarning
"""
_NUMPY_2_4 = """
in1d numpy.isin catenary.legacy.old_numpy:in1d
trapz numpy.trapezoid
row_stack numpy.vstack
"""
_ABSTRACT = "\n".join(
    f"{name} collections.abc.{name}"
    for name in (
        *("Awaitable", "Coroutine", "AsyncIterable", "AsyncIterator", "AsyncGenerator"),
        *("Hashable", "Iterable", "Iterator", "Generator", "Reversible", "Sized", "Container"),
        *("Callable", "Collection", "Set", "MutableSet", "Mapping", "MutableMapping"),
        *("MappingView", "KeysView", "ItemsView", "ValuesView", "Sequence", "MutableSequence"),
    )
)

RENAMED: dict[str, Gone] = {
    row.name: row
    for row in [
        *_rows("NumPy 1.24", "numpy", _NUMPY_1_24),
        *_rows("NumPy 1.23", "numpy", _NUMPY_1_23),
        *_rows("NumPy 2.0", "numpy", _NUMPY_2_0),
        *_rows("NumPy 2.4", "numpy", _NUMPY_2_4),
        *_rows("Python 3.10", "collections", _ABSTRACT),
        *_rows("Python 3.9", "fractions", "gcd math.gcd"),
        *_rows("Python 3.8", "time", "clock time.perf_counter"),
        *_rows("Python 3.8", "cgi", "escape html.escape"),
        *_rows("Python 3.7", "os", "errno errno errno"),
        *_rows(
            "Python 3.11",
            "inspect",
            "getargspec inspect.getfullargspec catenary.legacy.old_python:getargspec",
        ),
        *_rows("Python 3.9", "base64", "encodestring base64.encodebytes"),
        *_rows("Python 3.9", "base64", "decodestring base64.decodebytes"),
        *_rows("Python 3.12", "configparser", "SafeConfigParser configparser.ConfigParser"),
        *_rows("Python 3.12", "locale", "format locale.format_string"),
        *_rows("Pillow 10", "PIL.Image", "ANTIALIAS PIL.Image.LANCZOS"),
        Gone("platform.linux_distribution", "Python 3.8", "use the package distro"),
        Gone("platform.dist", "Python 3.8", "use the package distro"),
        *(
            Gone(f"scipy.misc.{name}", "SciPy 1.3", "use Pillow or imageio")
            for name in ("imread", "imresize", "imsave", "imrotate", "imshow", "toimage")
        ),
        *(
            Gone(f"scipy.misc.{name}", "SciPy 1.3", f"write scipy.special.{name}")
            for name in ("comb", "factorial", "logsumexp")
        ),
    ]
}

METHODS: dict[str, Gone] = {
    row.name: row
    for row in [
        Gone("threading.Thread.isAlive", "Python 3.9", "write is_alive", "is_alive"),
        *(
            Gone(f"unittest.TestCase.{old}", "Python 3.12", f"write {new}", new)
            for old, new in (
                ("assertEquals", "assertEqual"),
                ("assertNotEquals", "assertNotEqual"),
                ("assertAlmostEquals", "assertAlmostEqual"),
                ("assertNotAlmostEquals", "assertNotAlmostEqual"),
                ("assertRegexpMatches", "assertRegex"),
                ("assertRaisesRegexp", "assertRaisesRegex"),
                ("assert_", "assertTrue"),
            )
        ),
    ]
}

MODULES: dict[str, Gone] = {
    row.name: row
    for row in [
        Gone("imp", "Python 3.12", "use importlib", "imp"),
        Gone("distutils", "Python 3.12", "use packaging, shutil or setuptools", "distutils"),
        Gone("pkg_resources", "setuptools 82", "use importlib.metadata", "pkg_resources"),
        Gone("pipes", "Python 3.13", "use shlex and subprocess", "pipes"),
        Gone("cgi", "Python 3.13", "use html, urllib.parse or email.message"),
        Gone("imghdr", "Python 3.13", "use PIL.Image.open(path).format"),
        Gone("asyncore", "Python 3.12", "use asyncio"),
        Gone("asynchat", "Python 3.12", "use asyncio"),
        Gone("telnetlib", "Python 3.13", "use the package telnetlib3"),
        Gone("sklearn.externals.joblib", "scikit-learn 0.23", "write import joblib", "joblib"),
        Gone("sklearn.cross_validation", "scikit-learn 0.20", "use sklearn.model_selection"),
        Gone("scipy.misc", "SciPy 1.14", "use scipy.special, scipy.datasets or Pillow"),
    ]
}


def find(path: str) -> Gone | None:
    """Return what is known of a dotted path: of itself, or of what it lies in."""
    while path:
        row = RENAMED.get(path) or MODULES.get(path)
        if row is not None:
            return row
        path = path.rpartition(".")[0]
    return None
