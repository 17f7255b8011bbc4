//! Statements onto lines.

use super::dice::Dice;

/// Text in the making. Statements come as words between single spaces; dice decide what stands between
/// them instead.
pub struct Writer {
    text: String,
    depth: usize,
    /// None for the plain layout.
    dice: Option<Dice>,
    /// The last statement ended its line.
    fresh: bool,
}

impl Writer {
    pub fn new(dice: Option<Dice>) -> Writer {
        Writer { text: String::new(), depth: 0, dice, fresh: true }
    }

    pub fn text(mut self) -> String {
        if !self.fresh {
            self.text.push('\n');
        }
        self.text
    }

    /// A choice of the layout: 0 in the plain one.
    pub fn below(&mut self, end: usize) -> usize {
        self.dice.as_mut().map_or(0, |dice| dice.below(end))
    }

    /// `word one , two ;`, sometimes as several statements. Nothing without elements.
    pub fn list(&mut self, word: &str, elements: &[String]) {
        if !elements.is_empty() && self.below(3) == 2 {
            elements.iter().for_each(|it| self.say(&format!("{word} {it} ;")));
        } else if !elements.is_empty() {
            self.say(&format!("{word} {} ;", elements.join(" , ")));
        }
    }

    /// A statement.
    pub fn say(&mut self, words: &str) {
        self.indent();
        let words: Vec<&str> = words.split(' ').collect();
        for (index, word) in words.iter().enumerate() {
            if let Some(before) = index.checked_sub(1).map(|before| words[before]) {
                self.gap(before, word);
            }
            self.text.push_str(word);
        }
        self.end();
    }

    /// A statement that ends in a brace.
    pub fn open(&mut self, words: &str) {
        self.say(words);
        self.depth += 1;
    }

    pub fn close(&mut self) {
        self.depth -= 1;
        self.say("}");
    }

    fn indent(&mut self) {
        if self.fresh {
            let unit = ["  ", "  ", "\t", " "][self.below(4)];
            self.text.push_str(&unit.repeat(self.depth));
        }
    }

    fn gap(&mut self, before: &str, after: &str) {
        let tight = |word: &str| matches!(word, ";" | "," | "[" | "]" | "(" | ")" | "<" | ">" | "=" | "{");
        let gap = match self.below(40) {
            0..20 => {
                let hug =
                    matches!(after, ";" | "," | "]" | ")" | ">" | "<") || matches!(before, "(" | "[" | "<");
                if hug { "" } else { " " }
            }
            20..26 if tight(before) || tight(after) => "",
            26..30 => "  ",
            30..32 => "\t",
            32 => "\n\t",
            33 => " /* é */ ",
            34 => "/* 漢 */",
            35 => " // c\n ",
            36 => "\n\n",
            _ => " ",
        };
        self.text.push_str(gap);
    }

    fn end(&mut self) {
        let end = match self.below(40) {
            0..24 => "\n",
            24..29 => " ",
            29 => "",
            30 => " // end\n",
            31 => " /* 🦀 */ ",
            32 => "\n\n// Above.\n",
            33 => "\n/* Block\n */\n",
            34 => "\r\n",
            35 => "\t",
            _ => "\n",
        };
        self.text.push_str(end);
        self.fresh = end.ends_with('\n');
    }
}
