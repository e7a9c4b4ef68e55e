"""Statement files: the examples printed in the standards, and small ones written by the tests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

# ISO 20022 Message Definition Report, Bank-to-Customer Cash Management, example of a statement: AAAASESS for Finpetrol,
# account 50000000054910000003; figures and dates as printed, names and remittance shortened.
ISO_EXAMPLE = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>
<GrpHdr><MsgId>AAAASESS-FP-STAT001</MsgId><CreDtTm>2010-10-18T17:00:00+01:00</CreDtTm></GrpHdr>
<Stmt><Id>AAAASESS-FP-STAT001</Id><CreDtTm>2010-10-18T17:00:00+01:00</CreDtTm>
<FrToDt><FrDtTm>2010-10-18T08:00:00+01:00</FrDtTm><ToDtTm>2010-10-18T17:00:00+01:00</ToDtTm></FrToDt>
<Acct><Id><Othr><Id>50000000054910000003</Id></Othr></Id></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="SEK">500000</Amt><CdtDbtInd>CRDT</CdtDbtInd>
<Dt><Dt>2010-10-15</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="SEK">435678.50</Amt><CdtDbtInd>CRDT</CdtDbtInd>
<Dt><Dt>2010-10-18</Dt></Dt></Bal>
<Ntry><Amt Ccy="SEK">105678.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>
<BookgDt><DtTm>2010-10-18T13:15:00+01:00</DtTm></BookgDt><ValDt><Dt>2010-10-18</Dt></ValDt>
<AcctSvcrRef>AAAASESS-FP-CN_98765/01</AcctSvcrRef>
<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>BOOK</SubFmlyCd></Fmly></Domn></BkTxCd>
<NtryDtls><TxDtls><Refs><EndToEndId>MUELL/FINP/RA12345</EndToEndId></Refs>
<RltdPties><Dbtr><Nm>MUELLER</Nm></Dbtr></RltdPties></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="SEK">200000</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts>
<BookgDt><DtTm>2010-10-18T10:15:00+01:00</DtTm></BookgDt><ValDt><Dt>2010-10-18</Dt></ValDt>
<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>DMCT</SubFmlyCd></Fmly></Domn></BkTxCd>
<NtryDtls><Btch><MsgId>FINP-0055</MsgId><NbOfTxs>20</NbOfTxs></Btch></NtryDtls></Ntry>
<Ntry><Amt Ccy="SEK">30000</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>
<BookgDt><DtTm>2010-10-18T15:15:00+01:00</DtTm></BookgDt><ValDt><Dt>2010-10-18</Dt></ValDt></Ntry>
</Stmt></BkToCstmrStmt></Document>
"""
# SWIFT Standards MT, Category 9, MT 940, example of a statement in one message (Rotterdam, 28 May 2009).
SWIFT_EXAMPLE = """{1:F01ABNANL2AAXXX0000000000}{2:I940XXXXXXXXXXXXN}{4:
:20:123456
:25:123-304958
:28C:123/1
:60F:C090528EUR3723495,
:61:090528D1,2FCHG494935/DEV//67914
:61:090528D30,2NCHK78911//123464
:61:090528D250,NCHK67822//123460
:61:090528D450,S103494933/DEV//PO64118
FAVOUR K. DESMID
:61:090528D500,NCHK45633//123456
:61:090528D1058,47S103494931//3841188
FAVOUR H.F. JANSSEN
:61:090528D2500,NCHK56728//123457
:61:090528D3840,S103494935//3841189
FAVOUR H.F. JANSSEN
:61:090528D5000,S20023/200516//47829
ORDER ROTTERDAM
:62F:C090528EUR3709865,13
-}
"""
# German bank structure of field 86 (Deutsche Kreditwirtschaft, DFUE agreement annex 3, chapter 8).
GERMAN = """:20:STARTUMS
:25:37040044/0532013000
:28C:00001/001
:60F:C251231EUR1000,00
:61:2601020102C2500,00NTRFNONREF
:86:166?00GUTSCHRIFT?20EREF+LOHN-2026-01?21SVWZ+Gehalt Januar?30COBADEFFXXX?31DE44500105175407324931?32Muster
 Maschinen?33bau AG
:61:2512310102D49,90NDDTNONREF
:86:109?00RETOURE?20Rueckgabe Lastschrift?32Stadtwerke
:61:2601050105RD49,90NRTINONREF
:86:109?00RETOURE?20Rueckgabe?32Stadtwerke
:62F:C260105EUR3500,00
"""
CSV_ZH = """账户,6222020200112233440,币种:人民币
交易日期,摘要,对方户名,收入,支出,余额
2026-01-05,代发工资,某某科技有限公司,"15,000.00",,"18,000.00"
2026-01-08,消费,超市,,"1,200.50","16,799.50"
2026-01-20,贷款还款,某银行,,"3,000.00","13,799.50"
"""
CSV_DE = """Kontoauszug;DE89370400440532013000
Buchungstag;Valuta;Auftraggeber / Begünstigter;Verwendungszweck;Betrag (EUR);Saldo
31.01.2026;31.01.2026;Vermieter;Miete;-900,00;2.100,00
15.01.2026;15.01.2026;Muster AG;Gehalt;2.500,00;3.000,00
"""

Line = tuple[date, str, str, str]  # day, signed amount, who, text


def camt(
    lines: Iterable[Line],
    opening: str,
    closing: str | None = None,
    currency: str = "EUR",
    period: tuple[str, str] | None = None,
    iban: str = "DE89370400440532013000",
) -> str:
    """A camt.053.001.08 of these lines; without `closing` the balances add up."""
    lines = list(lines)
    end = closing or str(Decimal(opening) + sum(Decimal(amount) for _, amount, *_ in lines))
    days = sorted(day for day, *_ in lines)
    start, stop = period or (days[0].isoformat(), days[-1].isoformat())

    def sign(amount: str) -> str:
        value = Decimal(amount)
        mark = "CRDT" if value >= 0 else "DBIT"
        return f'<Amt Ccy="{currency}">{abs(value)}</Amt><CdtDbtInd>{mark}</CdtDbtInd>'

    def balance(code: str, amount: str, day: str) -> str:
        return f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{sign(amount)}<Dt><Dt>{day}</Dt></Dt></Bal>"

    entries = "".join(
        f"<Ntry>{sign(amount)}<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day}</Dt></BookgDt><NtryDtls><TxDtls><RltdPties>"
        f"<{'Dbtr' if Decimal(amount) >= 0 else 'Cdtr'}><Pty><Nm>{who}</Nm></Pty>"
        f"</{'Dbtr' if Decimal(amount) >= 0 else 'Cdtr'}></RltdPties><RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls>"
        "</NtryDtls></Ntry>"
        for day, amount, who, text in lines
    )
    return (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt><FrToDt>'
        f"<FrDtTm>{start}T00:00:00</FrDtTm><ToDtTm>{stop}T23:59:59</ToDtTm></FrToDt><Acct><Id><IBAN>{iban}</IBAN></Id>"
        f"</Acct>{balance('OPBD', opening, start)}{balance('CLBD', end, stop)}{entries}</Stmt></BkToCstmrStmt>"
        "</Document>"
    )


def half_year(salary: str = "2500.00", currency: str = "EUR") -> str:
    """Six months of an employee: salary, rent, a loan, some bets and one payment that came back."""
    lines: list[Line] = []
    for month in range(1, 7):
        lines += [
            (date(2026, month, 1), "-900.00", "Vermieter", "Miete"),
            (date(2026, month, 3), "-310.00", "Autobank AG", "Kredit 4711 Rate"),
            (date(2026, month, 15), "-40.00", "Tipico Sportwetten", "Einsatz"),
            (date(2026, month, 28), salary, "Muster AG", "Lohn/Gehalt"),
        ]
    return camt(lines, "1500.00", currency=currency, period=("2026-01-01", "2026-06-30"))
