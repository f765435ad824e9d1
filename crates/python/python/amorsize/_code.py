"""What a function is, as a digest: everything that can change its answer, and no address.

Two functions have the same digest when their code, names, constants (nested functions included), defaults, closures,
the plain global values and functions they use, and their attributes are the same. What cannot be looked into counts by its type and name
alone, never by its ``repr``, because that may hold an address and would differ in every process.
"""

from __future__ import annotations

import functools
import hashlib
import types
from typing import Any

_DEPTH_MOST = 12
_ITEMS_MOST = 20_000
_LONG = 1_000


class _Digest:
    """Feeds values into a hash, each with its kind and length, so that no two values share a stream."""

    def __init__(self) -> None:
        # Hashed in one go: what is looked at has many small parts.
        self._parts: list[bytes] = []
        self._seen: dict[int, int] = {}
        # What is being looked at is kept alive, or a freed address would name two things.
        self._kept: list[Any] = []
        self._left = _ITEMS_MOST

    def hexdigest(self) -> str:
        return hashlib.blake2b(b"".join(self._parts), digest_size=16).hexdigest()

    def bytes(self, kind: str, value: bytes) -> None:
        self._parts += (f"{kind}:{len(value)}:".encode(), value)

    def text(self, kind: str, value: str) -> None:
        self.bytes(kind, value.encode("utf-8", "surrogatepass"))

    def value(self, value: Any, depth: int = 0) -> None:
        self._left -= 1
        if self._scalar(value):
            return
        if depth > _DEPTH_MOST or self._left < 0 or _is_long(value):
            self.text("whole", _type_name(value))
            self._pickled(value)
            return
        known = self._seen.get(id(value))
        if known is not None:
            self.text("again", str(known))
            return
        self._seen[id(value)] = len(self._seen)
        self._kept.append(value)
        self._compound(value, depth + 1)

    def _scalar(self, value: Any) -> bool:
        # The most frequent first: a remembered `optimize` spends half of its time here.
        kind = type(value)
        if kind is str:
            self.text("str", value)
        elif kind is int:
            self.text("int", hex(value))
        elif value is None or value is Ellipsis or value is NotImplemented or kind is bool:
            self.text("const", repr(value))
        elif kind is float:
            self.text("float", value.hex())
        elif kind is complex:
            self.text("complex", f"{value.real.hex()},{value.imag.hex()}")
        elif kind in (bytes, bytearray):
            self.bytes(kind.__name__, bytes(value))
        else:
            return False
        return True

    def _compound(self, value: Any, depth: int) -> None:
        if isinstance(value, (tuple, list)):
            self.text("seq", f"{_type_name(value)}:{len(value)}")
            for part in value:
                self.value(part, depth)
        elif isinstance(value, (set, frozenset)):
            self._set(value, depth)
        elif isinstance(value, dict):
            self.text("dict", f"{_type_name(value)}:{len(value)}")
            for key, part in value.items():
                self.value(key, depth)
                self.value(part, depth)
        elif isinstance(value, types.CodeType):
            self._code(value, depth)
        elif isinstance(value, types.ModuleType):
            self.text("module", value.__name__)
            self.value(getattr(value, "__version__", None), depth)
        elif isinstance(value, type):
            self._class(value, depth)
        else:
            self._callable(value, depth)

    def _set(self, value: Any, depth: int) -> None:
        # The order of a set follows the hash seed of the process, so its members are digested apart and sorted.
        members = []
        for part in value:
            inner = _Digest()
            inner.value(part, depth)
            members.append(inner.hexdigest())
        self.text("set", ",".join(sorted(members)))

    def _code(self, code: types.CodeType, depth: int) -> None:
        self.bytes("code", code.co_code)
        self.text("names", ",".join(code.co_names))
        self.text("vars", ",".join(code.co_varnames))
        self.text("free", ",".join(code.co_freevars) + ";" + ",".join(code.co_cellvars))
        self.text("args", f"{code.co_argcount},{code.co_posonlyargcount},{code.co_kwonlyargcount},{code.co_flags}")
        for const in code.co_consts:
            self.value(const, depth)

    def _callable(self, value: Any, depth: int) -> None:
        if isinstance(value, types.FunctionType):
            self.text("function", value.__name__)
            self._code(value.__code__, depth)
            self.value(value.__defaults__, depth)
            self.value(value.__kwdefaults__, depth)
            for cell in value.__closure__ or ():
                try:
                    self.value(cell.cell_contents, depth)
                except ValueError:
                    self.text("cell", "empty")
            self._globals(value, depth)
            if value.__dict__:
                self.value({k: v for k, v in value.__dict__.items() if k != "__wrapped__"}, depth)
                self.value(value.__dict__.get("__wrapped__"), depth)
        elif isinstance(value, types.MethodType):
            self.text("method", value.__name__)
            self.value(value.__func__, depth)
            self.value(value.__self__, depth)
        elif isinstance(value, functools.partial):
            self.text("partial", "")
            self.value(value.func, depth)
            self.value(value.args, depth)
            self.value(value.keywords, depth)
        elif isinstance(value, (types.BuiltinFunctionType, types.MethodDescriptorType)):
            self.text("builtin", f"{getattr(value, '__module__', '')}.{value.__qualname__}")
        else:
            self._object(value, depth)

    def _globals(self, function: types.FunctionType, depth: int) -> None:
        """The global values and functions that the code names: their change changes the answer."""
        for name in sorted(_names(function.__code__)):
            if name not in function.__globals__:
                continue
            value = function.__globals__[name]
            self.text("global", name)
            if isinstance(value, types.FunctionType) and value.__module__ != function.__module__:
                # A library's function: which one it is, not what it is made of.
                self.text("foreign", f"{value.__module__}.{value.__qualname__}")
            elif isinstance(value, type) and value.__module__ != function.__module__:
                self.text("foreign", f"{value.__module__}.{value.__qualname__}")
            else:
                self.value(value, depth)

    def _class(self, value: type, depth: int) -> None:
        self.text("class", f"{value.__module__}.{value.__qualname__}")
        if value.__module__ == "builtins":
            return
        for name in sorted(vars(value)):
            part = vars(value)[name]
            if isinstance(part, (staticmethod, classmethod)):
                part = part.__func__
            if isinstance(part, property):
                part = (part.fget, part.fset)
            if isinstance(part, (types.FunctionType, int, float, str, bytes, tuple)) and name not in (
                "__module__",
                "__doc__",
                "__firstlineno__",
            ):
                self.text("member", name)
                self.value(part, depth)

    def _object(self, value: Any, depth: int) -> None:
        self.text("object", _type_name(value))
        call = getattr(type(value), "__call__", None)
        if isinstance(call, types.FunctionType):
            self.value(call, depth)
        try:
            reduced = value.__reduce_ex__(4)
        except Exception:  # noqa: BLE001 - locks, files, connections: they count by their type and what they hold
            self._held(value, depth)
            return
        if isinstance(reduced, str):
            self.text("reduced", reduced)
            return
        # What an object is pickled as has its content, and neither caches nor addresses.
        self.text("made by", getattr(reduced[0], "__qualname__", ""))
        for part in reduced[1]:
            if isinstance(part, type):
                self.text("of", f"{part.__module__}.{part.__qualname__}")
            else:
                self.value(part, depth)
        self.value(reduced[2] if len(reduced) > 2 else None, depth)
        for items in reduced[3:5]:
            if items is not None:
                self.value(list(items), depth)

    def _held(self, value: Any, depth: int) -> None:
        state = getattr(value, "__dict__", None)
        if isinstance(state, dict):
            self.value(state, depth)
        for slot in _slots(type(value)):
            if hasattr(value, slot):
                self.text("slot", slot)
                self.value(getattr(value, slot), depth)

    def _pickled(self, value: Any) -> None:
        import pickle

        try:
            self.bytes("pickle", pickle.dumps(value, protocol=4))
        except Exception:  # noqa: BLE001 - whatever a foreign type raises, it then counts by its type alone
            self.text("opaque", _type_name(value))


def _is_long(value: Any) -> bool:
    return isinstance(value, (list, tuple, dict)) and len(value) > _LONG


def _type_name(value: Any) -> str:
    kind = type(value)
    return f"{kind.__module__}.{kind.__qualname__}"


def _slots(kind: type) -> list[str]:
    names: list[str] = []
    for base in kind.__mro__:
        slots = base.__dict__.get("__slots__", ())
        names += [slots] if isinstance(slots, str) else [name for name in slots if isinstance(name, str)]
    return [name for name in names if name not in ("__dict__", "__weakref__")]


def _names(code: types.CodeType) -> set[str]:
    names = set(code.co_names)
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            names |= _names(const)
    return names


def digest(function: Any) -> str:
    """The digest of a callable: 32 hex digits, the same in every process.

    >>> digest(lambda x: x * 2) == digest(lambda x: x * 2)
    True
    >>> digest(lambda x: x * 2) == digest(lambda x: x * 3)
    False
    """
    out = _Digest()
    out.value(function)
    return out.hexdigest()


def digest_of_values(*values: Any) -> str:
    """The digest of plain values, for the parts of a key."""
    out = _Digest()
    for value in values:
        out.value(value)
    return out.hexdigest()


def name_of(function: Any) -> str:
    """What a callable is called: module and qualified name, and never an address.

    >>> name_of(len)
    'builtins.len'
    """
    while isinstance(function, functools.partial):
        function = function.func
    name = getattr(function, "__qualname__", None) or getattr(function, "__name__", None)
    if not isinstance(name, str):
        name = type(function).__qualname__
    module = getattr(function, "__module__", None) or type(function).__module__
    return f"{module}.{name}"
