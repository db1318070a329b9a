"""The command lines for systemd and the host's accounts, word by word."""

from __future__ import annotations

from kgo_tui.adapters import accounts, systemctl


def test_systemctl_never_asks_nor_pages() -> None:
    assert systemctl.systemctl("start", "--", "a.service") == [
        *("systemctl", "--no-pager", "--no-ask-password", "start", "--", "a.service"),
    ]
    assert systemctl.systemctl("daemon-reload", user=True)[:2] == ["systemctl", "--user"]


def test_the_journal_of_a_unit() -> None:
    options = ["--lines=5", "--no-pager", "--quiet", "--output=short"]
    assert systemctl.journal("a.service", 5) == ["journalctl", "--unit", "a.service", *options]
    assert systemctl.journal("a.service", 5, user=True)[1] == "--user-unit"


def test_accounts() -> None:
    assert accounts.add_group("kgo-tui") == ["groupadd", "--system", "kgo-tui"]
    assert accounts.remove_group("kgo-tui") == ["groupdel", "kgo-tui"]
    assert accounts.add_member("anna", "kgo-tui") == ["gpasswd", "--add", "anna", "kgo-tui"]
    assert accounts.remove_member("anna", "kgo-tui") == ["gpasswd", "--delete", "anna", "kgo-tui"]
    assert accounts.remove_user("kgo") == ["userdel", "kgo"]
    made = accounts.add_user("kgo", "/var/lib/kgo-tui")
    assert made[:6] == [
        *("useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/var/lib/kgo-tui"),
    ]
    assert made[-3] == "--shell"
    assert made[-1] == "kgo"


def test_a_tree_is_given_without_following_links_and_only_from_one_owner() -> None:
    options = ["--recursive", "-P", "--no-dereference", "--from=root", "--"]
    assert accounts.give_tree("/srv/app", "root", "kgo") == ["chown", *options, "kgo:", "/srv/app"]
    assert accounts.give_tree("/srv/app", "root", "1234")[-2] == "1234"
