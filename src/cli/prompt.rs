//! Asks the user at the terminal for an option that a command needs, if the user has not given it.

use std::fmt::Display;
use std::str::FromStr;

use super::context::Context;
use super::error::CommandError;

/// How many times a question is asked if no answer can be used.
const ATTEMPTS: usize = 3;

impl Context {
    /// Returns the value of an option that was given; otherwise asks for it, if there is a terminal.
    pub(crate) fn given_or_asked<T>(
        &self,
        given: Option<T>,
        option: &str,
        question: &str,
    ) -> Result<T, CommandError>
    where
        T: FromStr,
        T::Err: Display,
    {
        if let Some(given) = given {
            return Ok(given);
        }
        if !self.ui.can_ask() {
            return Err(CommandError::usage(format!(
                "{option} is missing, and there is no terminal to ask on"
            ))
            .hint(format!("the option answers: {question}")));
        }
        for _ in 0..ATTEMPTS {
            let Some(answer) = self.ui.ask(question)?.filter(|answer| !answer.is_empty()) else { break };
            match answer.parse() {
                Ok(value) => return Ok(value),
                Err(error) => self.ui.note(&format!("  {error}")),
            }
        }
        Err(CommandError::usage(format!("nothing was recorded: {option} was not answered")))
    }
}
