//! Text out of a report. Renderers are functions from a report to a string: they never open a file,
//! print or exit.
