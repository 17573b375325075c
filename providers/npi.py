"""The check digit of a National Provider Identifier."""


def is_valid_npi(value: str) -> bool:
    """Ten digits, beginning with 1 or 2, whose Luhn sum with the prefix 80840 is a multiple of ten (45 CFR 162.406)."""
    if len(value) != 10 or not (value.isascii() and value.isdigit()) or value[0] not in "12":
        return False
    total = 0
    for position, digit in enumerate(reversed("80840" + value)):
        number = int(digit)
        if position % 2:
            number = number * 2 - 9 if number > 4 else number * 2
        total += number
    return total % 10 == 0
