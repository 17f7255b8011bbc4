//! The package and the imports of a file, without parsing the rest of it.
//!
//! Reads the statements of the file and jumps over their bodies, some thirty times faster than the parser.
//! It knows the shape of the top level only, and gives up on whatever it does not know: what it says of a
//! file that parses is what the parser says, and what it says of any other file is worth nothing.

/// What has to be known of a file to leave it out of a comparison.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub package: String,
    pub imports: Vec<String>,
}

/// How deep braces nest in a file that the parser takes: 31 messages, and the values of options in them.
const MAX_DEPTH: usize = 31;

/// `None` where only the parser can tell.
pub(super) fn scan(text: &str) -> Option<Head> {
    let mut head = Head { package: String::new(), imports: Vec::new() };
    let mut rest = Rest { text, at: 0 };
    while let Some(token) = rest.token()? {
        match token {
            ";" => {}
            "syntax" => {
                rest.expect("=")?;
                // An edition is the parser's to refuse.
                (matches!(rest.string()?, "proto2" | "proto3")).then_some(())?;
                rest.expect(";")?;
            }
            "package" => {
                head.package.is_empty().then_some(())?;
                head.package = rest.name(";")?;
            }
            "import" => {
                let mut name = rest.token()??;
                if matches!(name, "public" | "weak") {
                    name = rest.token()??;
                }
                head.imports.push(unquoted(name)?.to_owned());
                rest.expect(";")?;
            }
            "option" => rest.skip_statement()?,
            "message" | "enum" | "service" | "extend" => {
                let name = rest.name("{")?;
                (token == "extend" || !name.contains('.')).then_some(())?;
                rest.skip_block()?;
            }
            _ => return None,
        }
    }
    Some(head)
}

fn unquoted(token: &str) -> Option<&str> {
    let inner = token.strip_prefix(['"', '\''])?;
    (!inner.contains('\\')).then_some(())?;
    inner.get(..inner.len().checked_sub(1)?)
}

struct Rest<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Rest<'a> {
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next word, string with its quotes, or mark; `Some(None)` at the end of the file.
    fn token(&mut self) -> Option<Option<&'a str>> {
        loop {
            let start = self.at;
            let Some(byte) = self.byte() else { return Some(None) };
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                b'/' => self.skip_comment()?,
                b'"' | b'\'' => {
                    self.skip_string(byte)?;
                    return Some(self.text.get(start..self.at));
                }
                byte if byte == b'_' || byte.is_ascii_alphanumeric() => {
                    while self.byte().is_some_and(|byte| byte == b'_' || byte.is_ascii_alphanumeric()) {
                        self.at += 1;
                    }
                    return Some(self.text.get(start..self.at));
                }
                byte if byte.is_ascii_graphic() && byte != b'#' => {
                    self.at += 1;
                    return Some(self.text.get(start..self.at));
                }
                _ => return None,
            }
        }
    }

    fn expect(&mut self, wanted: &str) -> Option<()> {
        (self.token()?? == wanted).then_some(())
    }

    fn string(&mut self) -> Option<&'a str> {
        unquoted(self.token()??)
    }

    /// Words with dots between them, up to `end`.
    fn name(&mut self, end: &str) -> Option<String> {
        let mut name = String::new();
        loop {
            let token = self.token()??;
            let after_word = !(name.is_empty() || name.ends_with('.'));
            match token {
                token if token == end => return after_word.then_some(name),
                "." if after_word || name.is_empty() && end == "{" => name.push('.'),
                word if !after_word && word.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic()) => {
                    name.push_str(word);
                }
                _ => return None,
            }
        }
    }

    /// To the `;` of an option, over the braces of its value.
    fn skip_statement(&mut self) -> Option<()> {
        loop {
            match self.token()?? {
                ";" => return Some(()),
                "{" => self.skip_block()?,
                "}" => return None,
                _ => {}
            }
        }
    }

    /// Behind the brace that closes the one just read.
    fn skip_block(&mut self) -> Option<()> {
        let mut depth = 1;
        while depth > 0 {
            let byte = self.byte()?;
            match byte {
                b'/' => self.skip_comment()?,
                b'"' | b'\'' => self.skip_string(byte)?,
                b'{' => depth += 1,
                b'}' => depth -= 1,
                b'#' => return None,
                _ => {}
            }
            if !matches!(byte, b'/' | b'"' | b'\'') {
                self.at += 1;
            }
            if depth > MAX_DEPTH {
                return None;
            }
        }
        Some(())
    }

    fn skip_string(&mut self, quote: u8) -> Option<()> {
        self.at += 1;
        loop {
            let byte = self.byte()?;
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'\n' | 0 => return None,
                byte if byte == quote => return Some(()),
                _ => {}
            }
        }
    }

    fn skip_comment(&mut self) -> Option<()> {
        let rest = self.text.get(self.at..)?;
        self.at += match rest.as_bytes().get(1)? {
            b'/' => rest.find('\n').unwrap_or(rest.len()),
            b'*' => 4 + rest.get(2..)?.find("*/")?,
            _ => return None,
        };
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::bundled;

    #[test]
    fn the_parser_says_the_same() {
        let bundled = bundled::names().filter_map(bundled::source);
        let more = [
            "",
            ";;",
            "// c\n/* { */ package a . b; import public 'x.proto'; import weak \"y.proto\";",
            "message M { optional string s = 1 [default = \"}\\\"{\"]; /* } */ } // }\nimport \"late.proto\";",
            "option (a).b = { c { d: '}' } e: [1, 2] }; syntax.",
            "extend .a.B { optional int32 c = 1; } extend d { }",
            "service S { rpc A (B) returns (C) {} } enum E { A = 0; }",
        ];
        let mut scanned = 0;
        for text in bundled.chain(more) {
            let Some(head) = scan(text) else { continue };
            scanned += 1;
            let Ok(file) = protox_parse::parse("a.proto", text) else { panic!("{text}") };
            assert_eq!(head, Head { package: file.package().to_owned(), imports: file.dependency });
        }
        assert!(scanned > 50, "{scanned}");
    }

    #[test]
    fn what_is_odd_is_left_to_the_parser() {
        let deep = format!("{}{}", "message M {".repeat(32), "}".repeat(32));
        for text in [
            "message {}",
            "message M {",
            "message M }",
            "message a.b {}",
            "import \"a\\x41\";",
            "import \"a\" \"b\";",
            "import a;",
            "package a; package b;",
            "package a..b;",
            "package .a;",
            "edition = \"2023\";",
            "syntax = \"proto4\";",
            "message M { optional string s = 1 [default = \"\n\"]; }",
            "/* ",
            "message M { # }",
            "\u{e9}",
            "wrong",
            &deep,
        ] {
            assert_eq!(scan(text), None, "{text}");
        }
    }
}
