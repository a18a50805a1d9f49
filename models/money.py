"""Money as people write it and read it: pounds in, whole pence within, pounds out."""

from decimal import Decimal, InvalidOperation, Overflow

from models.errors import BadInput

_MOST_PENCE = 10**12


def pence(text: str) -> int:
    """Return pounds as pence; BadInput if it is no amount."""
    try:
        pence = Decimal(text.replace(",", "").removeprefix("£")) * 100
    except (InvalidOperation, Overflow) as error:
        raise BadInput(f'"{text}" is no amount of money: give pounds, such as 40000 or 39999.50.') from error
    if not pence.is_finite() or abs(pence) > _MOST_PENCE:
        raise BadInput(f'"{text}" is no amount of money that can be meant: give pounds, such as 40000 or 39999.50.')
    if pence != pence.to_integral_value():
        raise BadInput(f'"{text}" has fractions of a penny: give pounds and pence.')
    return int(pence)


def pounds(pence: int) -> str:
    """Return pence as pounds with thousands marked."""
    return f"£{pence / 100:,.2f}"
