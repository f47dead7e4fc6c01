"""Which messages the log keeps, and as which fields. Pure."""

from collections.abc import Mapping

from arb.messages import (
    Approved,
    BasketEnded,
    DeskEvent,
    FeedSeen,
    Noted,
    OrderFilled,
    Settlement,
    StandingChanged,
)

Fields = Mapping[str, str | int]


def entry_of(event: DeskEvent) -> tuple[str, Fields] | None:  # noqa: PLR0911 - one a kind
    """The name and the fields of a log entry; None for what is seen too often to be kept.

    Money, prices and quantities are in millionths, times in nanoseconds.
    """
    match event:
        case Approved():
            return "basket begun", _approved(event)
        case OrderFilled():
            return "filled", _filled(event)
        case BasketEnded():
            return "basket ended", _ended(event)
        case Settlement():
            return "settled", {"market": event.market, "usd": event.usd, "at_ns": event.at_ns}
        case StandingChanged():
            return "standing", {"standing": event.level.name, "who": event.who, "why": event.why}
        case FeedSeen() if not event.connected:
            return "feed down", {"feed": event.feed, "note": event.note}
        case Noted():
            return event.kind, {"text": event.text}
        case _:
            return None


def _approved(event: Approved) -> Fields:
    plan = event.plan
    return {
        "basket": event.basket,
        "lane": str(plan.template.lane),
        "title": plan.template.title,
        "legs": len(plan.legs),
        "size": plan.size,
        "cost": plan.cost,
        "fees": plan.fees,
        "profit": plan.profit,
    }


def _filled(event: OrderFilled) -> Fields:
    fill = event.fill
    return {
        "basket": event.order.basket,
        "order": event.order.id,
        "fill": fill.id,
        "market": fill.market,
        "outcome": str(fill.outcome),
        "action": str(fill.action),
        "px": fill.px,
        "qty": fill.qty,
        "fee": fill.fee,
        "status": str(fill.status),
    }


def _ended(event: BasketEnded) -> Fields:
    return {
        "basket": event.basket,
        "end": str(event.end),
        "sets": event.sets,
        "loss": event.loss,
        "note": event.note,
    }
