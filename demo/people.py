"""Demo applicants: what they would type into the forms, drawn from a seeded generator.

Names are put together at random from common name parts; none is meant to be anybody. `quality` is what the lender
cannot see: it shapes the answers and, later, how the loan is repaid.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from demo import numbers

HAN_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
HAN_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰斌宇浩晨欣怡梓轩子涵佳琪思远"
EUROPEAN_GIVEN = (
    "Lucía", "Martín", "Sofía", "Hugo", "Paula", "Daniel", "Elena", "Pablo", "Marta", "Álvaro", "Irene", "Javier",
    "Nuria", "Sergio", "Clara", "Adrián", "Laura", "Rubén", "Alba", "Diego",
)  # fmt: skip
EUROPEAN_SURNAMES = (
    "García", "Romero", "Navarro", "Torres", "Domínguez", "Vázquez", "Ramos", "Gil", "Serrano", "Blanco", "Molina",
    "Morales", "Suárez", "Ortega", "Delgado", "Castro", "Ortiz", "Rubio", "Marín", "Sanz",
)  # fmt: skip
CN_CITIES = (
    ("北京市", "100010"),
    ("上海市", "200030"),
    ("杭州市", "310012"),
    ("南京市", "210008"),
    ("武汉市", "430060"),
)
ES_CITIES = (("Madrid", "28012"), ("Valencia", "46003"), ("Sevilla", "41004"), ("Bilbao", "48005"), ("Málaga", "29008"))
CN_TRADES = ("精工机械", "鲜果商贸", "云帆物流", "晨光纺织", "恒信建材", "青禾餐饮", "瑞康医疗器械", "星河软件")
ES_TRADES = ("Mecánica", "Frutas", "Logística", "Textil", "Materiales", "Hostelería", "Sanitaria", "Informática")
SECTORS = ("33", "42", "48", "31", "23", "72", "62", "54")
CONSUMER_PURPOSES = (
    "car_used",
    "furniture",
    "electronics",
    "repairs",
    "education",
    "appliances",
    "car_new",
    "vacation",
)


@dataclass(frozen=True, slots=True)
class DemoApplicant:
    """What one applicant types, section by section, and the hidden quality (about standard normal, high is good)."""

    product: str
    locale: str
    time_zone: str
    email: str
    name: str
    sections: dict[str, dict[str, str]]
    owners: tuple[dict[str, str], ...]
    quality: float


def han_name(rng: Random) -> str:
    """Surname and one or two given characters."""
    return rng.choice(HAN_SURNAMES) + "".join(rng.sample(HAN_GIVEN, rng.choice((1, 2, 2))))


def european_name(rng: Random) -> str:
    """Given name and two surnames."""
    first, second = rng.sample(EUROPEAN_SURNAMES, 2)
    return f"{rng.choice(EUROPEAN_GIVEN)} {first} {second}"


def _birth(rng: Random, day: date) -> date:
    return day - timedelta(days=int(365.25 * rng.triangular(21, 66, 36)))


def _chance(rng: Random, quality: float, levels: int) -> int:
    """A level 1..levels that rises with quality."""
    return min(levels, max(1, round((quality + rng.gauss(0, 0.8)) * levels / 5 + (levels + 1) / 2)))


def _contact(rng: Random, number: int, *, chinese: bool) -> dict[str, str]:
    city, postal_code = rng.choice(CN_CITIES if chinese else ES_CITIES)
    street = f"和平路{rng.randrange(1, 400)}号" if chinese else f"Calle Mayor {rng.randrange(1, 200)}"
    phone = f"+86 199{rng.randrange(10**8):08d}" if chinese else f"+34 7{rng.randrange(10**8):08d}"
    account = numbers.cn_bank_card(rng) if chinese else numbers.iban(rng)
    return {
        "email": f"demo{number}@example.com", "phone": phone, "address_line": street, "postal_code": postal_code,
        "city": city, "country": "CN" if chinese else "ES", "bank_account": account,
    }  # fmt: skip


def _rounded(value: float, step: int) -> int:
    return max(step, round(value / step) * step)


def consumer(rng: Random, number: int, day: date, product: str) -> DemoApplicant:
    """A private person asking on `day`."""
    chinese = product.endswith("cny")
    quality = rng.gauss(0.5, 1)
    born = _birth(rng, day)
    income = _rounded((8500 if chinese else 2300) * 2.718 ** (0.18 * quality + rng.gauss(0, 0.28)), 50)
    works = rng.random() < 0.96
    wanted = income * rng.triangular(1.2, 9, 3.5)
    owed = income * max(0.0, rng.gauss(0.06, 0.07)) if rng.random() < 0.6 else 0
    low, high, step = (5000, 200_000, 100) if chinese else (1000, 50_000, 50)
    amount = min(high, max(low, _rounded(wanted, step)))
    housing = rng.choices(("own", "rent", "free"), (3 + quality, 3, 0.8) if quality > -2 else (1, 3, 1))[0]
    since = day - timedelta(days=int(max(60, 365 * (3.5 + 2 * quality + rng.gauss(0, 2)))))
    since = max(since, born + timedelta(days=365 * 18))
    name = han_name(rng) if chinese else european_name(rng)
    sections = {
        "loan": {
            "amount": f"{amount}", "tenor_months": str(rng.choice((12, 12, 24, 24, 36, 6))),
            "purpose": rng.choice(CONSUMER_PURPOSES),
            "amortisation": rng.choices(("annuity", "equal_principal"), (4, 1))[0],
        },
        "identity": {
            "full_name": name, "birth_on": born.isoformat(), "nationality": "CN" if chinese else "ES",
            "id_kind": "cn_resident_id" if chinese else "es_nif",
            "id_number": numbers.cn_resident_id(rng, born) if chinese else numbers.es_nif(rng),
            "id_expires_on": (day + timedelta(days=rng.randrange(400, 3000))).isoformat(),
        },
        "contact": _contact(rng, number, chinese=chinese),
        "work": {
            "employment_status": rng.choices(("employed", "self_employed"), (5, 1))[0] if works else "unemployed",
            "employed_since_on": since.isoformat() if works else "",
            "occupation": str(max(2, _chance(rng, quality, 4)) if works else 1),
            "income_monthly": str(income if works else income // 4),
        },
        "home": {
            "housing": housing,
            "housing_cost_monthly": str(0 if housing == "free" else _rounded(income * rng.uniform(0.1, 0.28), 10)),
            "obligations_monthly": str(_rounded(owed, 10) if owed else 0),
            "other_debtors": rng.choices(("none", "co_applicant", "guarantor"), (18, 1, 1))[0],
        },
        "means": {
            "current_account": str(_chance(rng, quality, 4)),
            "savings": str(_rounded(income * max(0.02, rng.gauss(0.7 + 0.6 * quality, 0.7)), 10)),
            "property": str(_chance(rng, quality * 0.5, 4)),
        },
    }  # fmt: skip
    zone = "Asia/Shanghai" if chinese else "Europe/Madrid"
    locale = "zh_Hans_CN" if chinese else "en"
    return DemoApplicant(product, locale, zone, sections["contact"]["email"], name, sections, (), quality)


def company(rng: Random, number: int, day: date, product: str) -> DemoApplicant:
    """A small or medium company asking on `day`; its balance sheet balances and its owners add up to the whole."""
    chinese = product.endswith("cny")
    quality = rng.gauss(0.5, 1)
    trade = rng.randrange(len(SECTORS))
    person = han_name if chinese else european_name
    city = rng.choice(CN_CITIES if chinese else ES_CITIES)[0]
    name = (
        f"{city}{CN_TRADES[trade]}有限公司" if chinese else f"{ES_TRADES[trade]} {rng.choice(EUROPEAN_SURNAMES)} S.L."
    )
    revenue = _rounded((9_000_000 if chinese else 1_400_000) * 2.718 ** rng.gauss(0.1 * quality, 0.6), 1000)
    ebitda = int(revenue * min(0.3, max(0.02, rng.gauss(0.13 + 0.025 * quality, 0.03))))
    assets = int(revenue * rng.uniform(0.5, 0.9))
    debts = int(assets * min(0.9, max(0.2, rng.gauss(0.55 - 0.07 * quality, 0.1))))
    low, high, step = (50_000, 3_000_000, 10_000) if chinese else (10_000, 600_000, 1000)
    amount = min(high, max(low, _rounded(ebitda * rng.triangular(0.4, 2.2, 0.9), step)))
    founded = day - timedelta(days=int(365 * rng.triangular(1.2, 25, 7)))
    contact = _contact(rng, number, chinese=chinese)
    country = contact.pop("country")
    first, second = person(rng), person(rng)
    while second == first:
        second = person(rng)
    majority = rng.choice((51, 60, 70, 80))
    born = [_birth(rng, day), _birth(rng, day)]
    owners = tuple(
        {
            "name": owner, "kind": "person", "share": str(share), "birth_on": birth.isoformat(), "country": country,
            "identity_kind": "cn_resident_id" if chinese else "es_nif",
            "identity_number": numbers.cn_resident_id(rng, birth) if chinese else numbers.es_nif(rng),
        }
        for owner, share, birth in zip((first, second), (majority, 100 - majority), born, strict=True)
    )  # fmt: skip
    sections = {
        "loan": {
            "amount": f"{amount}", "tenor_months": str(rng.choice((12, 24, 24, 36))),
            "purpose": "working_capital" if chinese else "equipment",
            "amortisation": "equal_principal" if chinese else "annuity",
        },
        "company": {
            "company_name": name, "company_id_kind": "cn_uscc" if chinese else "es_cif",
            "company_id_number": numbers.cn_uscc(rng) if chinese else numbers.es_cif(rng),
            "founded_on": founded.isoformat(), "country": country, "sector": SECTORS[trade],
            "location": rng.choice(("urban", "urban", "rural")), "franchise": "no",
            "employees": str(rng.randrange(4, 90)),
        },
        "contact": {"representative_name": first, **contact},
        "results": {
            "revenue_annual": str(revenue),
            "revenue_prior": str(int(revenue / (1.05 + rng.gauss(0.03 * quality, 0.08)))),
            "ebitda_annual": str(ebitda), "profit_annual": str(int(ebitda * rng.uniform(0.3, 0.6))),
            "debt_service_annual": str(int(ebitda * max(0.0, rng.gauss(0.18, 0.1)))),
        },
        "balance": {
            "total_assets": str(assets), "total_liabilities": str(debts), "equity": str(assets - debts),
            "collateral_value": str(_rounded(amount * rng.uniform(0.4, 1.6), step)),
        },
        "plan": {"jobs_created": str(rng.randrange(0, 8)), "jobs_retained": str(rng.randrange(2, 40))},
    }  # fmt: skip
    zone = "Asia/Shanghai" if chinese else "Europe/Madrid"
    locale = "zh_Hans_CN" if chinese else "en"
    return DemoApplicant(product, locale, zone, contact["email"], name, sections, owners, quality)


MIX = (("consumer-cny", 45), ("consumer-eur", 25), ("sme-working-cny", 20), ("sme-equipment-eur", 10))


def draw(rng: Random, number: int, day: date, product: str | None = None) -> DemoApplicant:
    """The next applicant of the mix, or of one product."""
    code = product or rng.choices([code for code, _ in MIX], [weight for _, weight in MIX])[0]
    return (company if code.startswith("sme") else consumer)(rng, number, day, code)
