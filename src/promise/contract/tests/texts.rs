//! Options and expressions as they are read.

use super::{
    super::{Contract, Expr, expr, text},
    pool, users,
};

#[test]
fn options_are_read_into_rules_by_their_kinds() {
    let (_, service) = users();
    assert_eq!(service.methods.len(), 9);
    let get = &service.methods["Get"];
    assert_eq!(get.draws, [("id".to_owned(), "users".to_owned(), 3)]);
    assert_eq!(get.volatile, ["created_at"]);
    assert_eq!(get.may_return, [0, 3, 5, 11, 14]);
    assert!(get.ensures[0].closed && !get.ensures[1].closed);
    let list = &service.methods["List"];
    let odd = &service.methods["Odd"];
    let rules = list.each.iter().chain(&list.finals).chain(&service.invariants).chain(&odd.ensures);
    let ids: Vec<&str> = rules.chain(odd.errors.iter().map(|(it, _)| it)).map(|it| it.id.as_str()).collect();
    let expected = "each/bound each/unique final/slice final/ended invariant/order ensures/not a bool \
        ensures/no key ensures/no element errors/odd errors/sure";
    assert_eq!(ids.join(" "), expected);
    assert!(Contract::of(pool("message A {} service S { rpc F(A) returns (A); }").services()).is_empty());
}

#[test]
fn a_text_that_is_no_expression_says_where() {
    for (text, at) in [("a ==", Some(4)), ("a ==\n  (b", Some(9)), ("a b", Some(2))] {
        let problem = Expr::parse(text).unwrap_err();
        assert_eq!(problem.at, at, "{text:?}: {}", problem.message);
    }
}

#[test]
fn an_expression_reads_as_it_was_written() {
    for text in [
        "a.b[0].c == 'x'",
        "!(a in b.c) && (a || b)",
        "a.all(x, x > 1 + 2)",
        "(1 + 2) * 3 - (4 - 5) == -(a + b)",
        "(a ? b : c) ? !(d || e) : f ? g : h",
        "(a + b).c[0] || d && e || f",
        "a.exists(x, x.y != null)",
        "a.map(x, x.y).filter(y, y > 1.5)",
        "a.map(x, x > 1, -x)",
        "has(a.b) ? size(a.b) : 3u",
        "[1, 2].slice(0, size(got))",
        "{'a': 1}.a",
        "a.?b.orValue('c')",
        "a == b'\\x00'",
    ] {
        assert_eq!(text::text(Expr::parse(text).unwrap().root()), text);
    }
}

#[test]
fn no_expression_breaks_more_than_itself() {
    for text in [
        "1 / 0 == 1",
        "-9223372036854775808 / -1 == 0",
        "-(-9223372036854775807 - 1) == 0",
        "9223372036854775807 + 1 == 0",
        "int(1e300) == 0",
        "[1].slice(-1, 0) == []",
        "[1].slice(1, 0) == []",
        "[3, 'a'].sort() == []",
        "lists.range(-1) == []",
        "lists.range(100000000).size() == 0",
        "math.bitShiftLeft(1, -1) == 0",
        "math.abs(-9223372036854775807 - 1) == 0",
        "'é'.substring(5) == ''",
        "'é'.charAt(-1) == ''",
        "'%d %s'.format(['x']) == ''",
        "'x'.matches('(')",
        "'x'.matches('((((a{1000}){1000}){1000}){1000})')",
        "duration('99999999999999h') == duration('1s')",
        "timestamp('9999-12-31T23:59:59Z') + duration('2000000h') == timestamp('9999-12-31T23:59:59Z')",
        "timestamp('0001-01-01T00:00:00Z') - duration('2000000h') == timestamp('9999-12-31T23:59:59Z')",
        "{1: 2}[1.5] == 2",
        "1 in 2",
        "p.Unknown{a: 1} == 1",
        "optional.none().value() == 1",
    ] {
        let parsed = Expr::parse(text).unwrap_or_else(|problem| panic!("{text}: {}", problem.message));
        assert_ne!(expr::holds(parsed.root(), &expr::context()), Ok(true), "{text}");
    }
}

#[test]
fn an_expression_is_only_so_deep() {
    let nested =
        |open: &str, close: &str, depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
    for (text, is_one) in [
        (nested("1 + ", "", 39), true),
        (nested("1 + ", "", 40), false),
        (nested("1 + ", "", 401), false),
        (nested("", ".a", 39), true),
        (nested("", "[0]", 39), true),
        (nested("true ? 1 : ", "", 39), true),
        (nested("true ? 1 : ", "", 400), false),
        (nested("(", ")", 90), true),
        (nested("(", ")", 4000), false),
        (nested("-", "", 400), true),
        (nested("size(", ")", 39), true),
        (nested("size(", ")", 90), false),
        (nested("[1].all(x, ", ")", 12), true),
        (nested("[1].all(x, ", ")", 90), false),
        (nested("true && ", "", 100), true),
    ] {
        let parsed = Expr::parse(&text);
        assert_eq!(parsed.is_ok(), is_one, "{text}");
        if let Ok(parsed) = parsed {
            let _ = expr::holds(parsed.root(), &expr::context());
            let _ = text::text(parsed.root());
        }
    }
}

#[test]
fn a_mistake_is_found_in_its_line() {
    for (text, at) in [("a ==", 4), ("a\n&& b c", 7), ("a = b", 2), ("'é' == = 1", 7)] {
        assert_eq!(Expr::parse(text).unwrap_err().at, Some(at), "{text}");
    }
}
