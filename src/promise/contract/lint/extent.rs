//! What a part of an expression looks like, and where it stands.

use std::ops::Range;

use cel::IdedExpr;
use cel::common::ast::{Expr, SourceInfo, operators};

use super::operators::operator;

/// An expression as it is written.
pub(super) struct Written<'a> {
    pub info: &'a SourceInfo,
    pub text: &'a str,
    pub characters: Vec<char>,
}

impl Written<'_> {
    pub fn slice(&self, range: &Range<usize>) -> String {
        self.characters.get(range.clone()).unwrap_or_default().iter().collect()
    }

    /// As it is written, for a message.
    pub fn quoted(&self, it: &IdedExpr) -> String {
        match self.extent(it).map(|extent| self.slice(&extent)) {
            Some(text) if !text.is_empty() && !text.contains('\n') => format!("`{text}`"),
            _ => "what stands here".to_owned(),
        }
    }

    /// The characters of an expression: a node knows its own token, and the rest is around its parts.
    pub fn extent(&self, it: &IdedExpr) -> Option<Range<usize>> {
        let (start, stop) = self.info.offset_for(it.id)?;
        // The parser counts bytes; the last one is part of the token.
        let characters = |bytes: u32| Some(self.text.get(..usize::try_from(bytes).ok()?)?.chars().count());
        let own = characters(start)?..characters(stop)?.checked_add(1)?;
        let parts: Vec<&IdedExpr> = match &it.expr {
            Expr::Select(select) => vec![&select.operand],
            Expr::Call(call) => call.target.as_deref().into_iter().chain(&call.args).collect(),
            Expr::List(list) => list.elements.iter().collect(),
            Expr::Comprehension(it) => vec![&it.iter_range],
            _ => Vec::new(),
        };
        let around = |all: Range<usize>, one: Range<usize>| all.start.min(one.start)..all.end.max(one.end);
        let mut all = parts.into_iter().filter_map(|part| self.extent(part)).fold(own.clone(), around);
        let closing = match &it.expr {
            Expr::Select(select) if !select.test => {
                all.end = all.end.max(own.end + select.field.chars().count());
                None
            }
            Expr::Select(_) | Expr::Comprehension(_) => Some(')'),
            Expr::Call(call) if call.func_name == operators::INDEX => Some(']'),
            Expr::Call(call) if operator(&call.func_name).is_none() => Some(')'),
            Expr::List(_) => Some(']'),
            _ => None,
        };
        if let Some(closing) = closing {
            all.end = self.closed(&all, closing);
        }
        Some(all.start..all.end.min(self.characters.len()))
    }

    /// Where the bracket that is open at the end of a range is closed.
    fn closed(&self, range: &Range<usize>, closing: char) -> usize {
        let opening = if closing == ')' { '(' } else { '[' };
        let count = |sign: char| {
            let within = self.characters.get(range.clone()).unwrap_or_default();
            within.iter().filter(|it| **it == sign).count()
        };
        let mut open = count(opening).saturating_sub(count(closing));
        let mut end = range.end;
        while open > 0
            && let Some(next) = self.characters.get(end)
        {
            open = if *next == opening { open + 1 } else { open - usize::from(*next == closing) };
            end += 1;
        }
        end
    }
}
