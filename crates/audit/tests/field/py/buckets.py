"""What is kept within tables: lists of events, sets of members, tables by tenant."""
import threading
from collections import defaultdict, deque
from typing import Deque, Dict, List


class Windows:
    def __init__(self, limit: int, window: float) -> None:
        self.limit = limit
        self.window = window
        self._lock = threading.Lock()
        self._typed: Dict[str, Deque[float]] = {}
        self._queues = defaultdict(deque)
        self._bounded = defaultdict(lambda: deque(maxlen=64))
        self._members = defaultdict(set)
        self._tables = {}

    def allow(self, client: str, now: float) -> bool:  # race
        if len(self._typed[client]) >= self.limit:
            return False
        self._typed[client].append(now)
        return True

    def allow_sliding(self, client: str, now: float) -> bool:  # race
        events = self._queues[client]
        while events and events[0] <= now - self.window:
            events.popleft()
        if len(events) >= self.limit:
            return False
        events.append(now)
        return True

    def allow_bounded(self, client: str, now: float) -> bool:  # race
        with self._lock:
            full = len(self._bounded[client]) >= self.limit
        if full:
            return False
        with self._lock:
            self._bounded[client].append(now)
        return True

    def join(self, room: str, member: str) -> bool:  # race
        if member in self._members[room]:
            return False
        self._members[room].add(member)
        return True

    def claim(self, tenant: str, name: str, owner: str) -> bool:  # race
        table = self._tables.setdefault(tenant, {})
        if name in table:
            return False
        table[name] = owner
        return True

    def allow_safely(self, client: str, now: float) -> bool:  # safe
        with self._lock:
            events = self._queues[client]
            while events and events[0] <= now - self.window:
                events.popleft()
            if len(events) >= self.limit:
                return False
            events.append(now)
            return True

    def note_other(self, client: str, other: str, now: float) -> int:  # safe
        with self._lock:
            count = len(self._typed[client])
        if count >= self.limit:
            return count
        with self._lock:
            self._typed[other].append(now)
        return count

    def join_safely(self, room: str, member: str) -> bool:  # safe
        with self._lock:
            if member in self._members[room]:
                return False
            self._members[room].add(member)
            return True

    def claim_safely(self, tenant: str, name: str, owner: str) -> bool:  # safe
        with self._lock:
            table = self._tables.setdefault(tenant, {})
            return table.setdefault(name, owner) == owner


class Budget:
    """Amounts that a caller chooses."""

    def __init__(self, total: int) -> None:
        self._left = total
        self._used = 0
        self._limit = total
        self._spent = {}
        self._lock = threading.Lock()

    def take(self, amount: int) -> bool:  # race
        with self._lock:
            enough = self._left >= amount
        if not enough:
            return False
        with self._lock:
            self._left -= amount
        return True

    def take_or_raise(self, name: str, amount: int) -> None:  # race
        with self._lock:
            if self._spent[name] < amount:
                raise ValueError(name)
        with self._lock:
            self._spent[name] -= amount

    def _full(self, amount: int) -> bool:
        with self._lock:
            return self._used + amount > self._limit

    @property
    def used(self) -> int:
        with self._lock:
            return self._used

    def reserve(self, amount: int) -> bool:  # race
        if self._full(amount):
            return False
        with self._lock:
            self._used += amount
        return True

    def reserve_or_raise(self, amount: int) -> None:  # race
        if self.used + amount > self._limit:
            raise ValueError("full")
        with self._lock:
            self._used += amount

    def take_safely(self, amount: int) -> bool:  # safe
        with self._lock:
            if self._left < amount:
                return False
            self._left -= amount
            return True

    def reserve_safely(self, amount: int) -> bool:  # safe
        with self._lock:
            if self._used + amount > self._limit:
                return False
            self._used += amount
            return True

    def describe(self) -> str:  # safe
        return f"{self.used} of {self._limit}, {self._full(1)}"


class Lists:
    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._lock = threading.Lock()
        self._lists: Dict[str, List[float]] = {}
        self._filled = {}

    def allow_lists(self, client: str, now: float) -> bool:  # race
        events = self._lists[client]
        if len(events) >= self.limit:
            raise ValueError(client)
        events.append(now)
        return True

    def claim_filled(self, tenant: str, name: str) -> bool:  # race
        if tenant not in self._filled:
            self._filled[tenant] = set()
        names = self._filled[tenant]
        if name in names:
            return False
        names.add(name)
        return True


class Hits:
    def __init__(self) -> None:
        self._spent = {}
        self._lock = threading.Lock()

    def count(self, name: str, by: int = 1) -> int:  # race
        self._spent[name] = self._spent.get(name, 0) + by
        return self._spent[name]
