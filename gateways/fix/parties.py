"""Parties (group 453): which account a message is for, where it is told by a party instead of Account (1). Pure.

CustomerAccount (PartyRole 24) and PositionAccount (38) name an account as Account (1) does, so all that are given must
agree. ClientID (3) does where nothing else names one: many give it for their own purposes beside an Account. Parties of
other roles are none of the venue's business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.commands import CancelOrder, ClientCommand, MassCancel, NewOrder, RejectCommand, ReplaceOrder
from engine.types import CxlRejReason, OrdRejReason
from gateways.fix.fields_in import check_count
from gateways.fix.groups import group_of

if TYPE_CHECKING:
    from gateways.fix.codec import Message
    from gateways.fix.groups import Entry

_COUNT, _ID, _ROLE, _ACCOUNT = "453", "448", "452", "1"
_CUSTOMER_ACCOUNT, _POSITION_ACCOUNT, _CLIENT_ID = "24", "38", "3"
_ACCOUNTS = (_CUSTOMER_ACCOUNT, _POSITION_ACCOUNT)
_MASS_CANCEL_OTHER = 99
"""FIX 532 MassCancelRejectReason."""


def with_account(message: Message) -> tuple[dict[str, str], str]:
    """A message's fields with the Account (1) that its parties name, and what contradicts it: empty if nothing.

    Raises:
        FieldRefusal: the group has not as many parties as it says.
    """
    fields = message.fields
    if _COUNT not in fields:
        return fields, ""
    try:
        parties = group_of(message, _COUNT)
    except KeyError:  # a tag that the version does not define there, which the session lets pass
        return fields, ""
    return account_among(fields, parties)


def account_among(fields: dict[str, str], parties: list[Entry]) -> tuple[dict[str, str], str]:
    """The same for the fields of an order in a list, and its parties."""
    if _COUNT not in fields:
        return fields, ""
    check_count(fields, _COUNT, len(parties))
    named: dict[str, str] = {}
    for party in parties:
        named.setdefault(party.get(_ROLE, ""), party.get(_ID, ""))
    account = fields.get(_ACCOUNT)
    for role in _ACCOUNTS:
        party_id = named.get(role)
        if party_id is None:
            continue
        if account not in (None, party_id):
            return fields, f"PartyRole {role} names account {party_id}, another names {account}"
        account = party_id
    if account is None:
        account = named.get(_CLIENT_ID)
    return (fields if account is None else {**fields, _ACCOUNT: account}), ""


def contradicted(command: ClientCommand, text: str) -> ClientCommand:
    """The refusal of a command whose parties contradict its account; ``text`` empty: the command as it is."""
    if not text or isinstance(command, RejectCommand):
        return command
    if isinstance(command, NewOrder):
        return RejectCommand(command, OrdRejReason.UNKNOWN_ACCOUNT, text)
    if isinstance(command, CancelOrder | ReplaceOrder):
        return RejectCommand(command, CxlRejReason.OTHER, text)
    assert isinstance(command, MassCancel), "each order of a list has its own parties"
    return RejectCommand(command, _MASS_CANCEL_OTHER, text)
