"""What WIT's comments say of fields and cases comes into the schemas of tools."""

from lion.values.json_schema import input_schema, output_schema
from lion.values.type_notes import TypeNote, by_shape
from lion.values.wit import EnumOf, Function, ListOf, Prim, RecordOf, VariantOf

S = Prim("string")
PLACE = RecordOf((("name", S), ("at", Prim("u32"))))
KIND = EnumOf(("town", "lake"))
FOUND = VariantOf((("place", PLACE), ("nothing", None)))
NOTES = (
    TypeNote(kind="record", names=("name", "at"), docs="A place.", items={"at": "In metres."}),
    TypeNote(kind="enum", names=("town", "lake"), docs="", items={"lake": "Not the sea."}),
    TypeNote(
        kind="variant", names=("place", "nothing"), docs="", items={"nothing": "It is lost."}
    ),
)


def test_fields_and_cases_are_described() -> None:
    asked = input_schema(Function((("from", PLACE), ("kind", KIND)), None), by_shape(NOTES))
    place = asked["properties"]["from"]
    assert place["description"] == "A place."
    assert place["properties"]["at"]["description"] == "In metres."
    assert "description" not in place["properties"]["name"]
    assert asked["properties"]["kind"]["description"] == "lake: Not the sea."
    given = output_schema(Function((), FOUND), by_shape(NOTES))
    assert [case.get("description") for case in given["oneOf"]] == [None, "It is lost."]


def test_each_is_told_once_in_a_schema() -> None:
    function = Function((("from", PLACE), ("to", ListOf(PLACE))), None)
    asked = input_schema(function, by_shape(NOTES))
    assert str(asked).count("In metres.") == 1
    assert "In metres." in str(asked["properties"]["from"])
    assert str(input_schema(function, by_shape(NOTES))) == str(asked), "and in the next again"


def test_of_two_types_alike_that_are_not_said_to_be_the_same_nothing_is_said() -> None:
    other = TypeNote(kind="record", names=("name", "at"), docs="Another.")
    assert by_shape([*NOTES, other]).keys() == by_shape(NOTES[1:]).keys()
    assert by_shape([*NOTES, *NOTES]) == by_shape(NOTES)


def test_a_note_of_another_type_changes_nothing() -> None:
    plain = input_schema(Function((("a", RecordOf((("name", S),))),), None))
    noted = input_schema(Function((("a", RecordOf((("name", S),))),), None), by_shape(NOTES))
    assert plain == noted
