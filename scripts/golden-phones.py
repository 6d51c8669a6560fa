#!/usr/bin/env python3
"""Writes tests/fixtures/phones.csv: what libphonenumber's reference makes of telephone numbers of all countries.

    python3 -m venv /tmp/phones && /tmp/phones/bin/pip install phonenumbers==9.0.42
    /tmp/phones/bin/python scripts/golden-phones.py > tests/fixtures/phones.csv

The package is the Python port that libphonenumber's own project names. Take the version whose metadata `rlibphonenumber`
has (see its README): another one knows other numbers as assigned, and each such line would be a difference.
The same version writes the same file. Nothing is left out here: where the product's own rules say something else than the
reference, tests/domain_phones.rs lists it.
"""

import csv
import random
import sys

import phonenumbers as p
from phonenumbers import PhoneNumberType as T
from phonenumbers import ValidationResult as V

METADATA = "9.0.42"
TYPES = [T.FIXED_LINE, T.MOBILE, T.TOLL_FREE, T.PREMIUM_RATE, T.SHARED_COST, T.VOIP, T.PERSONAL_NUMBER, T.UAN]
POSSIBILITY = {
    V.IS_POSSIBLE: "possible",
    V.IS_POSSIBLE_LOCAL_ONLY: "local-only",
    V.TOO_SHORT: "too-short",
    V.TOO_LONG: "too-long",
    V.INVALID_LENGTH: "invalid-length",
    V.INVALID_COUNTRY_CODE: "bad-country-code",
}
# How digits look elsewhere: full width, Arabic, extended Arabic, Devanagari.
SCRIPTS = ["０", "٠", "۰", "०"]
IDD = {"US": "011", "GB": "00", "DE": "00", "AU": "0011", "JP": "010"}

rng = random.Random(42)
rows = []
seen = set()


def ask(raw, region):
    """One line: the cell, where it is read, and all that the reference says of it."""
    if (raw, region) in seen:
        return
    seen.add((raw, region))
    try:
        number = p.parse(raw, region)
    except p.NumberParseException as error:
        bad = error.error_type == p.NumberParseException.INVALID_COUNTRY_CODE
        rows.append([raw, region, "", "bad-country-code" if bad else "unparsable", "", ""])
        return
    possibility = POSSIBILITY[p.is_possible_number_with_reason(number)]
    if possibility == "possible":
        e164 = p.format_number(number, p.PhoneNumberFormat.E164)
        assigned = "valid" if p.is_valid_number(number) else "unassigned"
        rows.append([raw, region, e164, possibility, assigned, number.extension or ""])
    else:
        rows.append([raw, region, "", possibility, "", number.extension or ""])


def in_script(text, zero):
    return "".join(chr(ord(zero) + int(c)) if c.isascii() and c.isdigit() else c for c in text)


def country(region):
    """The examples of a country in the spellings that people use, and a digit less and more."""
    home = {"US", "GB", "DE"} - {region}
    examples = {}
    for kind in TYPES:
        example = p.example_number_for_type(region, kind)
        if example is not None:
            examples.setdefault(p.format_number(example, p.PhoneNumberFormat.E164), example)
    for at, (e164, example) in enumerate(list(examples.items())[:4]):
        international = p.format_number(example, p.PhoneNumberFormat.INTERNATIONAL)
        national = p.format_number(example, p.PhoneNumberFormat.NATIONAL)
        plain = p.national_significant_number(example)
        ask(e164, "US")
        ask(international, "GB")
        ask(national, region)
        ask(e164[:-1], "US")
        ask(e164 + str(rng.randrange(10)), "US")
        if at < 2:
            abroad = rng.choice(sorted(home))
            ask(IDD[abroad] + e164[1:], abroad)
            ask(plain, region)
            ask(international.replace(" ", rng.choice([".", "-", "\u00a0", "\u2011", " - "])), "US")
        if at == 0:
            code = "+" + str(example.country_code)
            ask(f"{code} ({plain[:2]}) {plain[2:]}", "US")
            ask(in_script(international, rng.choice(SCRIPTS)), "US")
            ask(f"{national} ext. {rng.randrange(10, 9999)}", region)
            ask(f"{code} (0) {plain}", region)
    # A number that nobody wrote down as an example.
    length = rng.choice([6, 7, 8, 9, 10, 11])
    ask("".join(str(rng.randrange(10)) for _ in range(length)), region)


def by_design():
    """Cells about which the product has rules of its own."""
    number, other = "202-555-0123", "202-555-0145"
    for tail in ["x12", " x 12", " ext 12", " ext. 12", " extension 12", "#12", " #12", ";ext=12", " ext:12", ",12"]:
        ask(number + tail, "US")
        ask("+1 " + number + tail, "GB")
        ask("020 7946 0018" + tail, "GB")
    for between in [" / ", "/", ";", "; ", " ; ", ",", ", ", " or ", " and ", " & ", "|", " ", "  ", "\t", " - "]:
        ask(number + between + other, "US")
        ask("+1" + number + between + "+1" + other, "GB")
    for letters in ["1-800-FLOWERS", "800-555-CALL", "1 (800) 555-HELP", "1-888-555-TEST", "202-555-ABCD", "0800 TESTING"]:
        ask(letters, "US")
        ask(letters, "GB")
    for short in ["911", "112", "999", "000", "988", "211", "311", "411", "511", "611", "711", "811", "116117", "116 000", "101"]:
        for region in ["US", "GB", "DE", "AU"]:
            ask(short, region)
    for digit in "0123456789":
        ask(digit * 10, "US")
        ask("+44" + digit * 10, "US")
        ask("+49" + digit * 9, "US")
    for ruin in ["2.025550123E+09", "2025550123.0", "2,025,550,123", "19.11.2026", "2026-11-19", "11/19/2026", "'2025550123", "=2025550123"]:
        ask(ruin, "US")
        ask(ruin, "DE")
    for odd in ["tel:+12025550123", "tel:202-555-0123", "+1 202 555 O123", "phone", "", "+", "n/a", "(202) 555-0123 (home)", "home: 202-555-0123"]:
        ask(odd, "US")
    for odd in ["\u200e+12025550123\u200f", "+1\u200b2025550123", "\u202d202-555-0123\u202c", "202\u2013555\u20130123", "＋１２０２５５５０１２３", "202,5550123"]:
        ask(odd, "US")


def anything():
    """Digits in groups, from a few to too many."""
    regions = ["US", "CA", "GB", "DE", "FR", "IT", "AU", "IN", "BR", "MX", "JP", "ZA", "SG"]
    for _ in range(900):
        region = rng.choice(regions)
        digits = "".join(str(rng.randrange(10)) for _ in range(rng.randrange(4, 17)))
        prefix = rng.choice(["", "", "0", "1", "+", "+", "00", "011"])
        raw = prefix + digits
        if rng.random() < 0.5:
            separator = rng.choice([" ", "-", ".", "/"])
            at = sorted(rng.sample(range(1, len(raw)), min(len(raw) - 1, rng.randrange(1, 4))))
            raw = separator.join(raw[a:b] for a, b in zip([0] + at, at + [len(raw)]))
        ask(raw, region)


def main():
    if p.__version__ != METADATA:
        sys.exit(f"phonenumbers {METADATA} is wanted, not {p.__version__}")
    for region in sorted(p.SUPPORTED_REGIONS):
        country(region)
    by_design()
    anything()
    print(f"# What libphonenumber makes of telephone numbers: Python package phonenumbers {p.__version__} (Apache-2.0),")
    print(f"# whose metadata is libphonenumber v{METADATA}, that of rlibphonenumber 2.2.15. Made by scripts/golden-phones.py.")
    print("# possibility: possible, local-only, too-short, too-long, invalid-length, bad-country-code, or unparsable.")
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["raw", "region", "e164", "possibility", "assigned", "extension"])
    out.writerows(rows)


main()
