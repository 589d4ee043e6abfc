"""The template language behaves as Go's text/template does, and says in which line something is wrong."""

import pytest

from eventline_common.settings.template import TemplateError, render_template

GIVEN = {
    "list": ["a", "b", "c"],
    "empty": [],
    "map": {"y": 2, "x": 1},
    "nested": {"deep": {"word": "here"}},
    "zero": 0,
    "text": "hello",
    "float": 1.5,
}


def render(source: str, **env: str) -> str:
    return render_template(source, env, given=GIVEN)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("plain { text } }}", "plain { text } }}"),
        ('{{env "HOME"}}', "/root"),
        ('{{ env "MISSING" }}', ""),
        ("{{env `HOME`}}", "/root"),
        ('{{(env "HOME")}}', "/root"),
        ('{{env (print "HO" "ME")}}', "/root"),
        ('{{"HOME" | env}}', "/root"),
        ('{{"HOME"|env|quote}}', '"/root"'),
        ('{{quote `a "b" \\c`}}', '"a \\"b\\" \\\\c"'),
        ('{{split "," "a,b,c"}}', "[a b c]"),
        ('{{len (split "," "")}}', "1"),
        ('{{split "" "abc"}}', "[a b c]"),
        ("{{/* nothing */}}x", "x"),
        ("a {{- /* }} in a comment */ -}} b", "ab"),
        ("a  \n {{- 1 -}} \n b", "a1b"),
        ("a {{1}} b", "a 1 b"),
        ("{{-3}} {{- 3}}", "-33"),
        ('{{"}}"}}', "}}"),
        ('{{"tab\\tq\\"\\x41\\u00e9\\101"}}', 'tab\tq"AéA'),
        ("{{`raw\\n\n}}`}}", "raw\\n\n}}"),
        ("{{'a'}} {{'\\n'}}", "97 10"),
        ("{{0x10}} {{1_000}} {{017}} {{-5}} {{+5}} {{0b11}}", "16 1000 15 -5 5 3"),
        ("{{1.5}} {{1e3}} {{1e30}} {{0.00001}} {{1.25e-7}}", "1.5 1000 1e+30 1e-05 1.25e-07"),
        ("{{true}} {{false}}", "true false"),
        ("{{.text}} {{.nested.deep.word}} {{.missing}} {{.missing.more}}", "hello here <no value> <no value>"),
        ("{{.map}} {{.list}} {{.empty}}", "map[x:1 y:2] [a b c] []"),
        ("{{$.text}} {{$x := .nested}}{{$x.deep.word}}", "hello here"),
        ("{{(index .list 0)}} {{(.nested).deep.word}}", "a here"),
        ("{{\n  .text\n}}", "hello"),
    ],
)
def test_a_value_is_printed_as_go_prints_it(source: str, expected: str) -> None:
    assert render(source, HOME="/root") == expected


@pytest.mark.parametrize(
    ("value", "true"),
    [
        ("0", False),
        ("0.0", False),
        ('""', False),
        ("false", False),
        (".missing", False),
        (".empty", False),
        ('(env "X")', False),
        ("1", True),
        ("-1", True),
        ('"false"', True),
        ('"0"', True),
        (".list", True),
        (".map", True),
        ("true", True),
    ],
)
def test_truth_is_as_in_go(value: str, true: bool) -> None:
    assert render(f"{{{{if {value}}}}}yes{{{{else}}}}no{{{{end}}}}") == ("yes" if true else "no")
    assert render(f"{{{{not {value}}}}}") == ("false" if true else "true")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{if .zero}}a{{else if .text}}b{{else}}c{{end}}", "b"),
        ("{{if .zero}}a{{else if .zero}}b{{else}}c{{end}}", "c"),
        ("{{if .zero}}a{{else if .zero}}b{{else if 1}}c{{end}}d", "cd"),
        ("{{with .text}}[{{.}}]{{end}}", "[hello]"),
        ("{{with .zero}}a{{else}}{{.text}}{{end}}", "hello"),
        ("{{with .zero}}a{{else with .text}}{{.}}{{else}}c{{end}}", "hello"),
        ("{{with $x := .text}}{{$x}}{{$.zero}}{{end}}", "hello0"),
        ("{{if $x := .text}}{{$x}}{{.zero}}{{end}}", "hello0"),
        ("{{with env `X` | quote}}x: {{.}}{{end}}", 'x: "v"'),
        ("{{range .list}}<{{.}}>{{end}}", "<a><b><c>"),
        ("{{range $v := .list}}{{$v}}{{end}}", "abc"),
        ("{{range $i, $v := .list}}{{$i}}{{$v}}{{end}}", "0a1b2c"),
        ("{{range $k, $v := .map}}{{$k}}={{$v}} {{end}}", "x=1 y=2 "),
        ("{{range .empty}}a{{else}}none{{end}}", "none"),
        ("{{range .missing}}a{{else}}none{{end}}", "none"),
        ("{{range 3}}{{.}}{{end}}", "012"),
        ('{{range split "," (env "X")}}[{{.}}]{{end}}', "[v]"),
        ('{{range .list}}{{if eq . "b"}}{{continue}}{{end}}{{.}}{{end}}', "ac"),
        ('{{range .list}}{{if eq . "b"}}{{break}}{{end}}{{.}}{{end}}x', "ax"),
        ("{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}", "2"),
        ("{{$x := 1}}{{if true}}{{$x := 2}}{{$x}}{{end}}{{$x}}", "21"),
        ("{{$last := 0}}{{range $i, $v := .list}}{{$last = $i}}{{end}}{{$last}}", "2"),
        ("{{range .list -}}\n  {{.}}\n{{- end}}", "abc"),
    ],
)
def test_blocks_choose_and_repeat(source: str, expected: str) -> None:
    assert render(source, X="v") == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{and 1 0 2}} {{and 1 2}} {{or 0 3 4}} {{or 0 ``}}", "0 2 3 "),
        ("{{or true (index .list 9)}} {{and false (index .list 9)}}", "true false"),
        ("{{`x` | or ``}}", "x"),
        ("{{eq 1 2 1}} {{eq `a` `b`}} {{ne 1 2}} {{eq .missing nil}}", "true false true true"),
        ("{{lt 1 2}} {{le 2 2}} {{gt `b` `a`}} {{ge 1.5 2.5}}", "true true true false"),
        ("{{len .list}} {{len `é`}} {{len .map}}", "3 2 2"),
        ("{{index .list 1}} {{index .map `x`}} {{index .nested `deep` `word`}} {{index `abc` 0}}", "b 1 here 97"),
        ("{{slice .text 1 3}} {{slice .list 1}} {{slice `abc`}}", "el [b c] abc"),
        ("{{print 1 2 `a` `b` 3}}|{{println `a` 1}}|", "1 2ab3|a 1\n|"),
        ("{{printf `%s-%d-%v-%q-%t` `a` 5 .list `q` true}}", 'a-5-[a b c]-"q"-true'),
        ("{{printf `%5d|%-5d|%05d|%x|%X|%#x|%o|%b|%c|%+d` 42 42 42 255 255 255 8 5 65 7}}", None),
        ("{{printf `%.2f|%6.1f|%g|%%|%v` 1.234 2.5 1.5 nil}}", "1.23|   2.5|1.5|%|<nil>"),
        ("{{printf `%5s|%-5s|%.2s` `ab` `ab` `abc`}}", "   ab|ab   |ab"),
        ('{{html `<a href="x">&\'`}}', "&lt;a href=&#34;x&#34;&gt;&amp;&#39;"),
        ("{{js `<'\"=\\`}}", "\\u003C\\'\\\"\\u003D\\\\"),
        ("{{urlquery `a b&c/é`}}", "a+b%26c%2F%C3%A9"),
    ],
)
def test_functions_answer_as_those_of_go(source: str, expected: str | None) -> None:
    wanted = expected or "   42|42   |00042|ff|FF|0xff|10|101|A|+7"
    assert render(source) == wanted


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("a\n{{ foo }}", 'line 2: unknown function "foo"; known functions: and, env, eq'),
        ("{{if true}}\n", 'line 1: "{{if}}" is not closed by "{{end}}"'),
        ("{{if true}}{{else}}\n", 'line 1: "{{else}}" is not closed'),
        ("\n{{end}}", 'line 2: unexpected "{{end}}": no block is open'),
        ("{{if true}}{{else}}{{else}}{{end}}", 'a second "{{else}}"'),
        ("{{ env `X`", "the action is not closed"),
        ("\n\n{{/* x", "line 3: the comment is not closed"),
        ("{{/* x */ 1}}", "a comment must fill its action"),
        ('{{ "abc }}', "a string is not closed"),
        ("{{ `abc }}", "a raw string is not closed"),
        ("{{ ? }}", 'unexpected character "?"'),
        ("{{}}", "a value is missing"),
        ("{{if}}{{end}}", "a value is missing"),
        ("{{1 |}}", "a value is missing"),
        ("{{1 | 2}}", "only a function can take the value of a pipe"),
        ("{{.text | .text}}", "only a function can take the value of a pipe"),
        ("{{1 2}}", "only a function can have arguments"),
        ("{{nil}}", "nil is not a value that can stand alone"),
        ("{{$x}}", 'undefined variable "$x"'),
        ("{{$x = 1}}", 'undefined variable "$x"'),
        ("{{if true}}{{$x := 1}}{{end}}{{$x}}", 'undefined variable "$x"'),
        ("{{$a, $b := .list}}", "only range can set two variables"),
        ("{{print ($a := 1)}}", "a variable cannot be set in parentheses"),
        ("{{(1}}", "a parenthesis is not closed"),
        ("{{1)}}", 'unexpected ")"'),
        ('{{env"X"}}', "arguments are separated by blanks"),
        ("{{env}}", "env takes 1 argument, not 0"),
        ("{{env `a` `b`}}", "env takes 1 argument, not 2"),
        ("{{env 1}}", "env needs a string, not an integer"),
        ("{{and}}", "and takes at least 1 argument, not 0"),
        ('{{eq 1 "a"}}', "an integer cannot be compared with a string"),
        ("{{eq .list .list}}", "a list cannot be compared"),
        ("{{eq 1}}", "eq needs something to compare with"),
        ("{{lt true false}}", "have no order"),
        ("{{index .list 3}}", "there is no element 3; there are 3, counted from 0"),
        ("{{index 5 1}}", "an integer has no elements"),
        ("{{len 5}}", "an integer has no length"),
        ("{{slice .text 3 2}}", "there is nothing from 3 to 2"),
        ("{{.text.more}}", 'a string has no member "more"'),
        ("{{range .text}}{{end}}", "range cannot walk over a string"),
        ("{{range 1000000}}{{end}}", "more than 100000 rounds"),
        ("{{break}}", '"break" outside of a range'),
        ('{{template "x"}}', '"template" is not available'),
        ("{{end 1}}", 'unexpected "{{end}}"'),
        ("{{if true}}{{end 1}}", 'unexpected "1" after "end"'),
        ("{{printf `%d` `a`}}", '"%d" needs an integer, not a string'),
        ("{{printf `%s`}}", 'no value is left for "%s"'),
        ("{{printf `x` 1}}", "more values than verbs"),
        ("{{printf `%y` 1}}", '"%y" is not a known verb'),
        ("{{printf `%99999d` 1}}", "a width is at most"),
        ('{{"\\z"}}', "unknown escape"),
        ("{{'ab'}}", "is not one character"),
        ("{{if true}}" * 101, "more than 100 blocks inside each other"),
    ],
)
def test_a_mistake_is_told_with_its_line(source: str, sentence: str) -> None:
    with pytest.raises(TemplateError) as raised:
        render(source)
    assert sentence in str(raised.value)
    assert str(raised.value).startswith(f"line {raised.value.line}: ")


def test_the_line_of_a_mistake_inside_a_long_action_is_its_own() -> None:
    with pytest.raises(TemplateError, match=r"^line 3: unknown function"):
        render("{{ print\n 1\n foo }}")
