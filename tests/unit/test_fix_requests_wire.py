"""Trade capture and a change of the password, from the client's socket to the journal and back."""

from __future__ import annotations

from pathlib import Path

from fix_wire import ORDER, world


async def test_the_day_s_trades_are_read_from_the_journal(tmp_path: Path) -> None:
    async with world(tmp_path) as venue:
        wire = await venue.connect()
        await wire.log_on(1)
        await wire.send("D", 2, f"11=B|{ORDER}")
        await wire.send("D", 3, "11=S|" + ORDER.replace("54=1", "54=2").replace("1=A2", "1=A3"))
        await wire.send("AD", 4, "568=R1|569=0|263=1")
        told = [await wire.next() for _ in range(7)]
        assert [(one["35"], one.get("150"), one.get("11")) for one in told[:4]] == [
            ("8", "0", "B"),
            ("8", "0", "S"),
            ("8", "F", "S"),
            ("8", "F", "B"),
        ]
        accepted, first, last = told[4:]
        assert (accepted["35"], accepted["750"]) == ("AQ", "0")
        assert [one["571"] for one in (first, last)] == [told[2]["17"], told[3]["17"]]
        assert (first.get("912"), last["912"]) == (None, "Y")
        await wire.send("D", 5, f"11=B2|{ORDER}")
        await wire.send("D", 6, "11=S2|" + ORDER.replace("54=1", "54=2").replace("1=A2", "1=A3"))
        told = [await wire.next() for _ in range(6)]
        assert [(one["35"], one.get("325")) for one in told[-2:]] == [("AE", "Y"), ("AE", "Y")]
        await wire.log_out(7)


async def test_a_client_changes_its_password(tmp_path: Path) -> None:
    async with world(tmp_path) as venue:
        wire = await venue.connect()
        await wire.log_on(1)
        before = venue.state.opened.credential
        await wire.send("BE", 2, "923=U1|924=3|553=FIX1|554=wrong|925=secret")
        assert (await wire.next())["926"] == "4"
        await wire.send("BE", 3, "923=U2|924=3|553=FIX1|554=demo|925=secret")
        answer = await wire.next()
        assert (answer["35"], answer["923"], answer["926"]) == ("BF", "U2", "5")
        assert venue.state.opened.credential != before
        await wire.log_out(4)
        await venue.gone()
        again = await venue.connect()
        assert (await again.log_on(5))["35"] == "5", "the old password"
