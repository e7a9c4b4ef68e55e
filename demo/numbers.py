"""Identity and account numbers with right check digits, for demo parties that nobody else has."""

from __future__ import annotations

from datetime import date
from random import Random

from stdnum.cn import ric, uscc
from stdnum.es import dni

# Region codes at the start of a resident identity number; real regions, so that the soft region check is at ease.
REGIONS = ("110101", "310104", "330106", "320102", "420106", "610103")


def cn_resident_id(rng: Random, born_on: date) -> str:
    """18 characters of GB 11643: region, birth date, a sequence number, check character."""
    head = f"{rng.choice(REGIONS)}{born_on:%Y%m%d}{rng.randrange(900, 999)}"
    return head + str(ric.calc_check_digit(head + "0"))


def cn_uscc(rng: Random) -> str:
    """18 characters of GB 32100: registrar 91, region, organisation code, check character."""
    body = f"91{rng.choice(REGIONS)}MA" + "".join(rng.choice("0123456789ABCDEFGHJKLMNPQRTUWXY") for _ in range(6))
    organisation = body[8:16]
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(weight * int(char, 36) for weight, char in zip(weights, organisation, strict=True))
    check = 11 - total % 11
    body += {10: "X", 11: "0"}.get(check, str(check))
    return body + str(uscc.calc_check_digit(body))


def es_nif(rng: Random) -> str:
    """A Spanish DNI: eight digits and the letter modulo 23."""
    digits = f"{rng.randrange(99_000_000, 99_999_999):08d}"
    return digits + str(dni.calc_check_digit(digits))


def es_cif(rng: Random) -> str:
    """A Spanish company number of a limited company (B), with its check digit."""
    digits = f"{rng.randrange(9_000_000, 9_999_999):07d}"
    odd = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[::2])
    even = sum(int(digit) for digit in digits[1::2])
    return f"B{digits}{(10 - (odd + even) % 10) % 10}"


def iban(rng: Random, country: str = "ES") -> str:
    """A Spanish IBAN with right national and international check digits, at a bank code nobody has (9999)."""
    account = f"{rng.randrange(10**10):010d}"
    weights = (1, 2, 4, 8, 5, 10, 9, 7, 3, 6)

    def national(digits: str) -> str:
        check = 11 - sum(w * int(d) for w, d in zip(weights, digits, strict=True)) % 11
        return {10: "1", 11: "0"}.get(check, str(check))

    bban = "99990001" + national("0099990001") + national(account) + account
    letters = "".join(str(int(char, 36)) for char in f"{bban}{country}00")
    return f"{country}{98 - int(letters) % 97:02d}{bban}"


def cn_bank_card(rng: Random) -> str:
    """19 digits with the Luhn check digit, under an issuer prefix nobody has."""
    digits = "629999" + f"{rng.randrange(10**12):012d}"
    total = 0
    for position, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if position % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return digits + str((10 - total % 10) % 10)
