"""The machine's users and the lock that lets one process deploy at a time."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kgo_tui.adapters import host
from kgo_tui.adapters.host import InstanceLock
from kgo_tui.core.errors import Busy

HOLD = """
import sys, subprocess
from kgo_tui.adapters.host import InstanceLock
lock = InstanceLock(sys.argv[1])
lock.acquire()
child = subprocess.Popen(["sleep", "60"], close_fds=False)
print(child.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lock"


def test_second_holder_is_refused_and_told_who_holds_it(path: Path) -> None:
    first, second = InstanceLock(path), InstanceLock(path)
    first.acquire()
    with pytest.raises(Busy, match=f"process {os.getpid()}, since 20"):
        second.acquire()
    assert first.held
    assert not second.held


def test_one_object_cannot_take_it_twice(path: Path) -> None:
    lock = InstanceLock(path)
    lock.acquire()
    with pytest.raises(Busy):
        lock.acquire()


def test_release_lets_the_next_one_in_and_leaves_the_file(path: Path) -> None:
    with InstanceLock(path).taken():
        inode = path.stat().st_ino
    assert InstanceLock(path).holder() is None
    with InstanceLock(path).taken():
        assert path.stat().st_ino == inode


def test_killed_holder_frees_it_although_its_child_lives(path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        child = int(holder.stdout.readline())
        try:
            with pytest.raises(Busy, match=f"process {holder.pid},"):
                InstanceLock(path).acquire()
            holder.kill()
            holder.wait(10)
            os.kill(child, 0)  # it is still there, with every inheritable file of its parent
            lock = InstanceLock(path)
            lock.acquire()
            found = lock.holder()
            assert found is not None
            assert found.pid == os.getpid()
        finally:
            os.kill(child, signal.SIGKILL)


def test_a_link_in_its_place_is_not_followed(path: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    path.symlink_to(victim)
    with pytest.raises(OSError, match="symbolic links"):
        InstanceLock(path).acquire()
    assert victim.read_text() == "precious"


def test_garbage_in_the_file_names_nobody(path: Path) -> None:
    path.write_bytes(b"\xff not a pid")
    held = InstanceLock(path)
    held.acquire()
    path.write_bytes(b"\xff not a pid")
    with pytest.raises(Busy, match="another process"):
        InstanceLock(path).acquire()


def test_who_we_are() -> None:
    me = host.current_identity()
    assert (me.uid, me.gid) == (os.geteuid(), os.getegid())


def test_an_account_of_the_system() -> None:
    daemon = host.identity_of("daemon")
    assert daemon.name == "daemon"
    assert daemon.gid in daemon.groups
    assert daemon.home.startswith("/")
    with pytest.raises(KeyError):
        host.identity_of("no-such-user-here")


def test_owner_without_a_passwd_entry(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    os.chown(tmp_path, 12345, 54321)
    assert host.owner_of(tmp_path) == host.Identity(12345, 54321, (54321,), host.NO_HOME, "12345")


def test_owner_of_a_link_is_the_links_own(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("/nonexistent")
    assert host.owner_of(link).uid == os.geteuid()


def test_free_space(tmp_path: Path) -> None:
    assert 0 < host.free_bytes(tmp_path) < 1 << 60
