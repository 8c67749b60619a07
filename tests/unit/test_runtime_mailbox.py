"""Mailboxes: lanes, bounds, what is put back, and the waiting reader."""

import pytest
import trio
import trio.testing

from actors.runtime import Mailbox, MailboxOverflow


def test_take_returns_the_priority_lane_first_and_each_lane_in_order() -> None:
    mailbox: Mailbox[str] = Mailbox("m", depth_max=10)
    mailbox.tell("n1")
    mailbox.tell_first("p1")
    mailbox.tell_all(["n2", "n3"])
    mailbox.tell_first_all(["p2", "p3"])
    assert len(mailbox) == 6
    assert mailbox.take() == ["p1", "p2", "p3", "n1", "n2", "n3"]
    assert len(mailbox) == 0
    assert mailbox.take() == []


def test_a_limited_take_leaves_the_rest_in_its_lanes() -> None:
    mailbox: Mailbox[str] = Mailbox("m", depth_max=10)
    mailbox.tell_all(["n1", "n2"])
    mailbox.tell_first_all(["p1", "p2"])
    assert mailbox.take(1) == ["p1"]
    mailbox.tell_first("p3")
    assert mailbox.take(3) == ["p2", "p3", "n1"]
    assert mailbox.take(3) == ["n2"]


def test_put_back_goes_to_the_very_front_of_the_normal_lane() -> None:
    mailbox: Mailbox[str] = Mailbox("m", depth_max=10)
    mailbox.tell("n3")
    mailbox.tell_first("p1")
    mailbox.put_back(["n1", "n2"])
    assert mailbox.take() == ["p1", "n1", "n2", "n3"]


def test_restore_returns_each_message_to_the_lane_that_it_came_from() -> None:
    mailbox: Mailbox[str] = Mailbox("m", depth_max=10)
    mailbox.tell_all(["n1", "n2"])
    mailbox.tell_first_all(["p1", "p2"])
    batch = mailbox.take()
    mailbox.tell_first("p3")
    mailbox.tell("n3")
    mailbox.restore(batch[1:], handled=1)
    assert mailbox.take() == ["p2", "p3", "n1", "n2", "n3"]


@pytest.mark.parametrize("how", ["tell", "tell_all"])
def test_a_breach_of_the_bound_raises_and_loses_nothing(how: str) -> None:
    mailbox: Mailbox[int] = Mailbox("orders", depth_max=2)
    mailbox.tell_all([1])
    mailbox.tell(2)
    with pytest.raises(MailboxOverflow) as caught:
        mailbox.tell(3) if how == "tell" else mailbox.tell_all([3])
    assert (caught.value.name, caught.value.depth) == ("orders", 3)
    assert mailbox.take() == [1, 2, 3]


def test_the_priority_lane_and_what_is_put_back_do_not_count_against_the_bound() -> None:
    mailbox: Mailbox[int] = Mailbox("orders", depth_max=1)
    mailbox.tell_first_all([1, 2, 3])
    mailbox.put_back([4, 5])
    assert mailbox.take() == [1, 2, 3, 4, 5]


def test_a_negative_bound_is_refused() -> None:
    with pytest.raises(ValueError, match="depth_max"):
        Mailbox("m", depth_max=-1)


def test_the_high_water_mark_remembers_the_deepest_moment() -> None:
    mailbox: Mailbox[int] = Mailbox("m", depth_max=10)
    assert mailbox.depth_high_water == 0
    mailbox.tell_all([1, 2, 3])
    assert mailbox.depth_high_water == 3
    mailbox.tell_first(0)
    mailbox.take()
    mailbox.tell(1)
    assert mailbox.depth_high_water == 4


async def test_receive_waits_for_mail_and_returns_all_that_has_gathered() -> None:
    mailbox: Mailbox[int] = Mailbox("m", depth_max=10)
    received: list[list[int]] = []

    async def read() -> None:
        received.append(await mailbox.receive())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(read)
        await trio.testing.wait_all_tasks_blocked()
        assert received == []
        mailbox.tell(1)
        mailbox.tell(2)
        mailbox.tell_first(0)
    assert received == [[0, 1, 2]]


@pytest.mark.parametrize("how", ["tell", "tell_all", "tell_first", "tell_first_all", "put_back"])
async def test_every_way_of_telling_wakes_the_reader(how: str) -> None:
    mailbox: Mailbox[int] = Mailbox("m", depth_max=10)
    async with trio.open_nursery() as nursery:

        async def read() -> None:
            assert await mailbox.receive() == [7]

        nursery.start_soon(read)
        await trio.testing.wait_all_tasks_blocked()
        getattr(mailbox, how)([7] if how.endswith(("all", "back")) else 7)


async def test_an_empty_batch_wakes_nobody() -> None:
    mailbox: Mailbox[int] = Mailbox("m", depth_max=10)
    with trio.move_on_after(0) as scope:
        mailbox.tell_all([])
        mailbox.tell_first_all([])
        mailbox.put_back([])
        await mailbox.receive()
    assert scope.cancelled_caught


async def test_receive_is_a_checkpoint_even_with_mail_and_loses_none_when_cancelled() -> None:
    mailbox: Mailbox[int] = Mailbox("m", depth_max=10)
    mailbox.tell(1)
    with trio.CancelScope() as scope:
        scope.cancel()
        await mailbox.receive()
    assert scope.cancelled_caught
    with trio.testing.assert_checkpoints():
        assert await mailbox.receive() == [1]


async def test_a_reader_cancelled_while_it_waits_leaves_the_mailbox_usable() -> None:
    mailbox: Mailbox[int] = Mailbox("m", depth_max=10)
    with trio.move_on_after(0):
        await mailbox.receive()
    mailbox.tell(1)
    assert await mailbox.receive() == [1]


async def test_a_second_reader_is_refused() -> None:
    mailbox: Mailbox[int] = Mailbox("m", depth_max=10)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(mailbox.receive)
        await trio.testing.wait_all_tasks_blocked()
        with pytest.raises(trio.BusyResourceError):
            await mailbox.receive()
        mailbox.tell(1)
