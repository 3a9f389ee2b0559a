//! Who does something: a person, a job or a command.

/// The kinds of actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActorKind {
    /// Somebody who is signed in.
    Person,
    /// A scheduled job.
    Job,
    /// A command in a terminal.
    Command,
}

impl ActorKind {
    /// The word in the tables.
    pub fn code(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Job => "job",
            Self::Command => "command",
        }
    }
}

/// Who does something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Person, job or command.
    pub kind: ActorKind,
    /// The account's number, for a person.
    pub id: Option<i64>,
    /// The person's name, the job's name, or the command.
    pub label: String,
}

impl Actor {
    /// Somebody who is signed in.
    pub fn person(id: i64, name: impl Into<String>) -> Self {
        Self {
            kind: ActorKind::Person,
            id: Some(id),
            label: name.into(),
        }
    }

    /// A scheduled job.
    pub fn job(name: impl Into<String>) -> Self {
        Self {
            kind: ActorKind::Job,
            id: None,
            label: name.into(),
        }
    }

    /// A command in a terminal, such as `import roster`.
    pub fn command(name: impl Into<String>) -> Self {
        Self {
            kind: ActorKind::Command,
            id: None,
            label: name.into(),
        }
    }
}
