//! How much of a schema has a comment. Elements of maps and synthetic oneofs, which nobody writes, do not count.

use super::view::{Coverage, KindCoverage, Package, Undocumented};

impl Coverage {
    /// Of these packages; `href` says where an element is.
    pub(super) fn of<'p>(
        packages: impl IntoIterator<Item = &'p Package>,
        href: impl Fn(&str) -> Option<String>,
    ) -> Coverage {
        let mut coverage = Coverage::default();
        let mut count = |kind: &'static str, full_name: &str, comment: &str| {
            let at = coverage.kinds.iter().position(|it| it.kind == kind).unwrap_or_else(|| {
                coverage.kinds.push(KindCoverage { kind, documented: 0, total: 0 });
                coverage.kinds.len() - 1
            });
            coverage.kinds[at].total += 1;
            if comment.trim().is_empty() {
                let href = href(full_name).unwrap_or_default();
                coverage.undocumented.push(Undocumented { kind, full_name: full_name.to_owned(), href });
            } else {
                coverage.kinds[at].documented += 1;
            }
        };
        for package in packages {
            for service in &package.services {
                count("service", &service.common.full_name, &service.common.comment);
                for method in &service.methods {
                    count("method", &method.common.full_name, &method.common.comment);
                }
            }
            for message in &package.messages {
                count("message", &message.common.full_name, &message.common.comment);
                for field in &message.fields {
                    count("field", &field.common.full_name, &field.common.comment);
                }
            }
            for kind in &package.enums {
                count("enum", &kind.common.full_name, &kind.common.comment);
                for value in &kind.values {
                    count("value", &value.common.full_name, &value.common.comment);
                }
            }
            for extension in &package.extensions {
                count("extension", &extension.field.common.full_name, &extension.field.common.comment);
            }
        }
        coverage.finished()
    }

    /// Several as one.
    pub(super) fn sum(parts: impl IntoIterator<Item = Coverage>) -> Coverage {
        let mut sum = Coverage::default();
        for part in parts {
            for kind in part.kinds {
                match sum.kinds.iter_mut().find(|it| it.kind == kind.kind) {
                    Some(known) => {
                        known.documented += kind.documented;
                        known.total += kind.total;
                    }
                    None => sum.kinds.push(kind),
                }
            }
            sum.undocumented.extend(part.undocumented);
        }
        sum.finished()
    }

    fn finished(mut self) -> Coverage {
        self.documented = self.kinds.iter().map(|it| it.documented).sum();
        self.total = self.kinds.iter().map(|it| it.total).sum();
        self.percent = percent(self.documented, self.total);
        self
    }
}

/// Rounded down, so that 100 means all.
#[allow(clippy::cast_precision_loss)] // at most 1000
fn percent(part: usize, of: usize) -> f64 {
    match of {
        0 => 100.0,
        of => (part * 1000 / of) as f64 / 10.0,
    }
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn a_hundred_means_all() {
        for (part, of, said) in [(0, 0, 100.0), (0, 3, 0.0), (2, 3, 66.6), (9999, 10000, 99.9), (7, 7, 100.0)]
        {
            assert!((percent(part, of) - said).abs() < 1e-9, "{part} of {of}");
        }
    }
}
