"""A made-up Chinese population with every trap, and who is who in it.

Everybody is obviously fake: identity numbers of region 999999, phones 199 0000 0000 and on.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from benchmarks.matching.truth import Stated
from medshare.patients import pinyin
from medshare.patients.identity_numbers import check_character

SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡"
)
SURNAME_WEIGHTS = [max(1, 72 - 5 * place) for place in range(14)] + [5] * (len(SURNAMES) - 14)
CHARACTERS = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚英华文红玉国建小春志晓海梅宇浩欣雨佳婷梓涵轩怡"
    "晨思琪嘉睿博俊凯鹏飞龙云雪倩颖琳萍慧莉燕玲桂兰珍凤荣福德义信仁忠良安康宁瑞祥吉庆"
)
HOMOPHONES = str.maketrans("伟静丽明佳雨晓", "玮婧莉铭嘉宇小")
TRADITIONAL = str.maketrans(
    "张刘陈杨赵黄吴孙马罗郑谢韩冯卢蒋伟丽军红华国龙云凤荣义庆刚强",
    "張劉陳楊趙黃吳孫馬羅鄭謝韓馮盧蔣偉麗軍紅華國龍雲鳳榮義慶剛強",
)
DISTRICTS = ("示例区", "虚构区", "样本区", "测试区")
STREETS = (
    "人民路",
    "建设路",
    "解放路",
    "和平路",
    "中山路",
    "文化路",
    "光明路",
    "新华路",
    "长江路",
    "黄河路",
)
FACILITIES = 6
TODAY = date(2026, 11, 1)
DUMMY = ("13800138000", "11111111111", "00000000000")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, with what is true of them."""

    key: str
    kind: str
    family: str
    given: str
    sex: str
    born: date
    phone: str
    address: str
    sequence: int
    guardian: str = ""
    has_number: bool = True

    @property
    def number(self) -> str:
        """Return the person's own identity number."""
        body = f"999999{self.born:%Y%m%d}{self.sequence:03d}"
        return body + check_character(body)


class Population:
    """Persons and their records, drawn from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311  # a population that can be had again
        self.count = 0
        self.mrns = 0

    def records(self, persons: int, *, twins: float = 0.02, planted: float = 0.08) -> list[Stated]:
        """Return the records of so many persons, in an order of their own.

        Parameters
        ----------
        twins, planted
            Which part of the persons are twins, and which are in the other traps.
        """
        people: list[Person] = []
        special: list[Stated] = []
        while len(people) < persons:
            chance = self.random.random()
            if chance < twins / 2:
                people += self._twins()
            elif chance < twins / 2 + planted:
                trap = self.random.choice(self._traps())
                made, records = trap()
                people += made
                special += records
            else:
                people.append(self._person("ordinary"))
        found = [record for each in people for record in self._visits(each)] + special
        self.random.shuffle(found)
        return found

    def _traps(self) -> list[Callable[[], tuple[list[Person], list[Stated]]]]:
        return [
            self._strangers,
            self._father_and_child,
            self._siblings,
            self._unidentified,
            self._newborns,
            self._namesakes_at_home,
        ]

    def _person(self, kind: str, born: date | None = None) -> Person:
        self.count += 1
        family = self.random.choices(SURNAMES, SURNAME_WEIGHTS)[0]
        born = born or TODAY - timedelta(days=self.random.randrange(14 * 365, 90 * 365))
        return Person(
            key=f"{kind}-{self.count}",
            kind=kind,
            family=family,
            given=self._given(),
            sex=self.random.choice(("male", "female")),
            born=born,
            phone=f"199{self.count:08d}",
            address=self._address(),
            sequence=self.random.randrange(1, 999),
            has_number=self.random.random() < 0.97,
        )

    def _given(self) -> str:
        size = 1 if self.random.random() < 0.2 else 2
        return "".join(self.random.choice(CHARACTERS) for _ in range(size))

    def _address(self) -> str:
        pick = self.random.choice
        return (
            f"广东省深圳市{pick(DISTRICTS)}{pick(STREETS)}{self.random.randrange(1, 300)}号"
            f"{self.random.randrange(1, 40)}栋{self.random.randrange(101, 3000)}室"
        )

    def _child(self, kind: str, parent: Person) -> Person:
        born = max(TODAY - timedelta(days=self.random.randrange(30, 13 * 365)),
            date(parent.born.year + 20, 1, 1))  # fmt: skip
        child = self._person(kind, min(born, TODAY))
        return replace(
            child,
            family=parent.family,
            phone=parent.phone,
            address=parent.address,
            guardian=parent.number,
            has_number=self.random.random() < 0.4,
        )

    def _twins(self) -> list[Person]:
        adult = self.random.random() < 0.5
        first = self._person("twin") if adult else self._child("twin", self._adult())
        given = (
            first.given if len(first.given) > 1 else first.given + self.random.choice(CHARACTERS)
        )
        first = replace(first, given=given)
        other = self.random.choice([each for each in CHARACTERS if each not in given])
        second = replace(
            self._person("twin", first.born),
            family=first.family,
            given=given[0] + other,
            sex=first.sex,
            phone=first.phone if self.random.random() < 0.7 else f"198{self.count:08d}",
            address=first.address,
            guardian=first.guardian,
            sequence=first.sequence + 1,
            has_number=first.has_number,
        )
        return [first, second]

    def _adult(self) -> Person:
        return self._person("parent", TODAY - timedelta(days=self.random.randrange(9000, 14000)))

    def _strangers(self) -> tuple[list[Person], list[Stated]]:
        first = self._person("stranger")
        second = self._person("stranger", first.born)
        return [first, replace(second, family=first.family, given=first.given, sex=first.sex)], []

    def _father_and_child(self) -> tuple[list[Person], list[Stated]]:
        father = replace(self._adult(), kind="father", sex="male", has_number=True)
        child = self._child("guardian", father)
        if self.random.random() < 0.5 and len(father.given) > 1:
            other = self.random.choice([each for each in CHARACTERS if each not in father.given])
            child = replace(child, given=father.given[0] + other)
        return [father, replace(child, has_number=False)], [
            replace(self._stated(child), number=father.number, born=None)
        ]

    def _siblings(self) -> tuple[list[Person], list[Stated]]:
        parent = self._adult()
        first, second = (self._child("sibling", parent) for _ in range(2))
        if len(first.given) == len(second.given) == 2:
            second = replace(second, given=first.given[0] + second.given[1])
        return [parent, first, second], []

    def _unidentified(self) -> tuple[list[Person], list[Stated]]:
        found = []
        for _ in range(2):
            self.count += 1
            blank = self._stated(self._person("unidentified"))
            text = self.random.choice(("无名氏", f"急诊{self.random.randrange(10)}", "未知"))
            born = self.random.choice((None, date(1980, 1, 1)))
            found.append(
                replace(
                    blank,
                    family="",
                    given="",
                    text=text,
                    born=born,
                    phone=DUMMY[0],
                    address="",
                    number="",
                    alphabetic="",
                )
            )
        return [], found

    def _newborns(self) -> tuple[list[Person], list[Stated]]:
        mother = replace(self._adult(), kind="mother", sex="female", has_number=True)
        baby = replace(
            self._child("newborn", mother),
            born=TODAY - timedelta(days=self.random.randrange(30, 300)),
            has_number=False,
        )
        whole = mother.family + mother.given
        kind = "子" if baby.sex == "male" else "女"
        first = replace(
            self._stated(baby), family="", given="", alphabetic="", text=f"{whole}之{kind}"
        )
        return [mother, baby], [first]

    def _namesakes_at_home(self) -> tuple[list[Person], list[Stated]]:
        """Two cousins of one name in one house, of different ages."""
        first = self._person("namesake")
        second = self._person("namesake")
        return [
            first,
            replace(second, family=first.family, given=first.given, address=first.address),
        ], []

    def _visits(self, person: Person) -> Iterator[Stated]:
        for _ in range(self.random.choices((1, 2, 3, 4), (30, 40, 20, 10))[0]):
            yield self._stated(person)

    def _stated(self, person: Person) -> Stated:
        chance = self.random.random
        self.mrns += 1
        stated = Stated(
            person=person.key,
            kind=person.kind,
            facility=self.random.randrange(FACILITIES),
            mrn=f"{self.mrns:08d}",
            sex=person.sex if chance() < 0.995 else "unknown",
            born=person.born if chance() < 0.98 else None,
            family=person.family,
            given=person.given,
            phone=person.phone if chance() < 0.9 else "",
            address=person.address if chance() < 0.8 else "",
            number=self._number(person),
        )
        return self._spoiled(person, stated)

    def _number(self, person: Person) -> str:
        if person.guardian and not person.has_number:
            return person.guardian if self.random.random() < 0.7 else ""
        if not person.has_number or self.random.random() < 0.1:
            return ""
        return person.number

    def _spoiled(self, person: Person, stated: Stated) -> Stated:
        pick = self.random.random()
        spoils = (
            (0.04, lambda: _spell(stated)),
            (0.03, lambda: replace(stated, family=stated.family.translate(TRADITIONAL),
                given=stated.given.translate(TRADITIONAL))),
            (0.02, lambda: replace(stated, given=stated.given.translate(HOMOPHONES))),
            (0.01, lambda: replace(stated, given=self._misread(stated.given))),
            (0.03, lambda: replace(stated, phone=self.random.choice(DUMMY))),
            (0.05, lambda: replace(stated, phone=f"197{self.mrns:08d}")),
            (0.04, lambda: replace(stated, address=self._address())),
            (0.02, lambda: self._misdated(stated, person.number)),
            (0.03, lambda: replace(stated, address=stated.address.removeprefix("广东省"))),
        )  # fmt: skip
        for share, spoil in spoils:
            if pick < share:
                return spoil()
            pick -= share
        return stated

    def _misread(self, given: str) -> str:
        place = self.random.randrange(len(given))
        return given[:place] + self.random.choice(CHARACTERS) + given[place + 1 :]

    def _misdated(self, stated: Stated, number: str) -> Stated:
        """State a lunar or swapped birth date; the service takes none beside an own number."""
        if stated.born is None or stated.number == number:
            return stated
        if stated.born.day <= 12 and self.random.random() < 0.5:
            return replace(stated, born=date(stated.born.year, stated.born.day, stated.born.month))
        return replace(stated, born=stated.born - timedelta(days=self.random.randrange(20, 50)))


def _spell(stated: Stated) -> Stated:
    family = (pinyin.readings(stated.family) or ("x",))[0].capitalize()
    given = "".join((pinyin.readings(each) or ("x",))[0] for each in stated.given).capitalize()
    return replace(stated, family="", given="", text="", alphabetic=f"{family}^{given}")
