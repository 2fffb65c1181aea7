"""Processes that share a port leave word for each other, and nothing that happens to the folder harms them."""

import shutil
from pathlib import Path

from tests.unit.test_metrics_docs import snapshot

from hourmill.adapters.siblings.folder import Alone, SharedFolder


def test_what_one_leaves_the_others_find(tmp_path: Path) -> None:
    one, two = SharedFolder(tmp_path), SharedFolder(tmp_path)
    one.leave(snapshot(1.0))
    assert list(one.others()) == []
    assert [word.at_s for word in two.others()] == [1.0]
    one.leave(snapshot(2.0))
    two.leave(snapshot(3.0))
    assert list(two.others()) == [snapshot(2.0)]
    assert [word.at_s for word in SharedFolder(tmp_path).others()] in ([2.0, 3.0], [3.0, 2.0])


def test_a_folder_that_is_gone_is_no_reason_to_fail(tmp_path: Path) -> None:
    one = SharedFolder(tmp_path / "gone")
    one.leave(snapshot())
    assert list(one.others()) == []


def test_a_file_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    one, two = SharedFolder(tmp_path), SharedFolder(tmp_path)
    two.leave(snapshot())
    (tmp_path / "dead.figures").symlink_to(tmp_path / "nothing")
    assert len(one.others()) == 1
    shutil.rmtree(tmp_path)


def test_one_that_is_alone_hears_of_nobody() -> None:
    alone = Alone()
    alone.leave(snapshot())
    assert alone.others() == []
