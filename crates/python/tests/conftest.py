"""Every test has caches, a history and a home of its own."""

import os
import signal

import pytest

os.environ["AMORSIZE_TESTING"] = "1"

# A shell starts what it runs in the background with Ctrl-C ignored, and what that starts inherits it; some tests press it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "home").mkdir()
    return tmp_path


@pytest.fixture
def leaves_no_process():
    """Fails when a test leaves a child process behind."""
    import multiprocessing

    before = set(multiprocessing.active_children())
    yield
    assert set(multiprocessing.active_children()) <= before


@pytest.fixture
def usual_costs(monkeypatch):
    """Workers cost what they cost on an idle machine, so that what pays does not depend on who else is running."""
    from amorsize import system_info

    method = system_info.get_multiprocessing_start_method()
    monkeypatch.setattr(system_info, "_spawn_costs", {method: 0.003})
    monkeypatch.setattr(system_info, "_chunk_costs", {method: 0.0003})
