"""A backend for joblib: ``with joblib.parallel_config("amorsize", n_jobs=4): ...``.

Importing this module registers it. Batches follow what is measured (joblib's own batching); the workers are those of
`amorsize.Executor`, so a killed worker is an error and leaves the others alone.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

from joblib import wrap_non_picklable_objects  # type: ignore[import-untyped, unused-ignore]
from joblib.parallel import (  # type: ignore[import-untyped, unused-ignore]
    AutoBatchingMixin,
    ParallelBackendBase,
    SequentialBackend,
    register_parallel_backend,
)

from .futures import Executor
from .pool import may_have_children
from .system_info import get_usable_cpus


class AmorsizeBackend(AutoBatchingMixin, ParallelBackendBase):  # type: ignore[misc, unused-ignore]
    """Runs joblib's batches on the workers of an `amorsize.Executor`."""

    supports_retrieve_callback = True
    supports_return_generator = True
    supports_timeout = True
    uses_threads = False

    def __init__(self, *args: Any, executor: str = "process", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kind = executor
        self._executor: Executor | None = None
        self._workers = 1

    def effective_n_jobs(self, n_jobs: int | None) -> int:
        """The workers that are meant: negative numbers count from the usable CPUs, ``None`` is one."""
        if n_jobs == 0:
            raise ValueError("n_jobs == 0 in Parallel has no meaning")
        if n_jobs is None:
            return 1
        if self._kind == "process" and not may_have_children():
            return 1
        if n_jobs < 0:
            usable = max(1, int(get_usable_cpus() + 0.999))
            return max(1, usable + 1 + n_jobs)
        return int(n_jobs)

    def configure(self, n_jobs: int = 1, parallel: Any = None, **kwargs: Any) -> int:
        """Gets the workers ready; joblib falls back to a plain loop for one."""
        del kwargs
        self._workers = self.effective_n_jobs(n_jobs)
        if self._workers == 1:
            from joblib.parallel import FallbackToBackend

            raise FallbackToBackend(SequentialBackend(nesting_level=self.nesting_level))
        self.parallel = parallel
        self._executor = Executor(self._workers, executor=self._kind)  # type: ignore[arg-type]
        return self._workers

    def submit(self, func: Callable[[], Any], callback: Callable[[Any], None] | None = None) -> Any:
        """Hands a batch to a worker."""
        assert self._executor is not None, "joblib configures before it submits"
        future = self._executor.submit(_Batch(func))
        if callback is not None:
            future.add_done_callback(callback)
        return future

    apply_async = submit

    def retrieve_result_callback(self, out: Any) -> Any:
        """What a finished batch gave."""
        return out.result()

    def get_nested_backend(self) -> tuple[Any, int | None]:
        """Inside a worker joblib runs one after the other."""
        return SequentialBackend(nesting_level=(self.nesting_level or 0) + 1), None

    def abort_everything(self, ensure_ready: bool = True) -> None:
        """Drops what waits; with ``ensure_ready`` gets new workers for what comes next."""
        self._end(cancel=True)
        if ensure_ready and self.parallel is not None:
            self.configure(n_jobs=self.parallel.n_jobs, parallel=self.parallel)

    def terminate(self) -> None:
        """Ends the workers."""
        self._end(cancel=False)
        self.reset_batch_stats()

    def _end(self, *, cancel: bool) -> None:
        executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown(wait=not cancel, cancel_futures=cancel)


class _Batch:
    """A batch that travels even if its function is a lambda or a closure, as joblib's own workers take them."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self._call = call

    def __call__(self) -> Any:
        return self._call()

    def __reduce__(self) -> tuple[Any, ...]:
        try:
            data = pickle.dumps(self._call, protocol=5)
        except Exception:  # noqa: BLE001 - pickling calls the user's own methods
            data = pickle.dumps(wrap_non_picklable_objects(self._call, keep_wrapper=False), protocol=5)
        return pickle.loads, (data,)


register_parallel_backend("amorsize", AmorsizeBackend)
