#!/usr/bin/env python3
"""Makes features.csv and labels.csv beside itself: invented people, one table as a clinic might have it and one as a
registry might. The same script makes the same bytes.

Everybody has a surname and a date of birth, written as people write them: capitals, blanks and the order of the rows
differ. 200 people are in both tables, 20 in the clinic's alone, 30 in the registry's alone. Who is ill follows from
what the clinic measured, with some noise: nothing here was measured on anybody.
"""
import math
import os
import random

HERE = os.path.dirname(os.path.abspath(__file__))
FIRST = ["ab", "al", "ber", "ca", "do", "er", "fa", "gar", "hol", "jan", "kel", "lin", "mar", "nor", "os", "pe", "qui",
         "ro", "sa", "tor", "ul", "vi", "wes", "zi"]
LAST = ["bach", "berg", "dal", "er", "field", "gren", "kov", "lund", "man", "nes", "ra", "sen", "stad", "ton", "vik",
        "well"]
UMLAUTS = {"gren": "grén", "berg": "bërg", "lund": "lünd"}


def written(rng, name):
    style = rng.randrange(4)
    text = [name.capitalize(), name.upper(), name, name.capitalize()][style]
    return " " + text if rng.randrange(8) == 0 else text


def main():
    rng = random.Random(20)
    people = {}
    while len(people) < 250:
        last = rng.choice(LAST)
        name = rng.choice(FIRST) + (UMLAUTS.get(last, last) if rng.randrange(5) == 0 else last)
        born = f"{rng.randrange(1935, 2000)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}"
        people.setdefault((name, born), None)
    rows = []
    for name, born in people:
        age = 2026 - int(born[:4])
        bmi = rng.gauss(26, 4)
        pressure = rng.gauss(105 + age / 2, 11)
        glucose = rng.gauss(88 + (bmi - 26) * 1.5, 10)
        smoker = rng.random() < 0.3
        risk = (age - 58) / 14 + (bmi - 26) / 4 + (pressure - 135) / 14 + (glucose - 88) / 12 + (1.2 if smoker else -0.5)
        ill = rng.random() < 1 / (1 + math.exp(-1.8 * risk))
        rows.append((name, born, age, bmi, pressure, glucose, smoker, ill))
    clinic, registry = rows[:220], rows[:200] + rows[220:]
    rng.shuffle(clinic)
    rng.shuffle(registry)
    with open(os.path.join(HERE, "features.csv"), "w", encoding="utf-8", newline="\n") as f:
        f.write("surname,born,age,bmi,pressure,glucose,smoker\n")
        for name, born, age, bmi, pressure, glucose, smoker, _ in clinic:
            f.write(f"{written(rng, name)},{born},{age},{bmi:.1f},{pressure:.0f},{glucose:.0f},"
                    f"{'yes' if smoker else 'no'}\n")
    with open(os.path.join(HERE, "labels.csv"), "w", encoding="utf-8", newline="\n") as f:
        f.write("case,name,date of birth,ill\n")
        for i, (name, born, *_, ill) in enumerate(registry):
            f.write(f"{i + 1},{written(rng, name)},{born},{'yes' if ill else 'no'}\n")


if __name__ == "__main__":
    main()
