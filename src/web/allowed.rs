//! The permission of a request, proved by having it.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};

use super::cookies;
use crate::access::{Permission, Requires, Role, Scope, Session, session};
use crate::app::App;
use crate::audit::Actor;
use crate::db;
use crate::error::{AppError, internal};
use crate::work::Work;

/// Somebody whose role has the permission `P`. Only a request that was checked makes one.
#[derive(Clone, Debug)]
pub struct Allowed<P> {
    session: Session,
    permission: PhantomData<P>,
}

impl<P: Requires> Allowed<P> {
    /// Who it is, as the books write it.
    pub fn actor(&self) -> &Actor {
        &self.session.actor
    }

    /// The schools in scope; every scoped query takes it.
    pub fn scope(&self) -> &Scope {
        &self.session.scope
    }

    /// The role; `None` for a visitor of a public page.
    pub fn role(&self) -> Option<Role> {
        self.session.role
    }

    /// Does `work` in a reading transaction.
    pub async fn read<T, E>(
        &self,
        app: &App,
        work: impl FnOnce(&mut Work<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<db::Error> + Send + 'static,
    {
        app.read(self.actor().clone(), work).await
    }

    /// Does `work` in a writing transaction: all of it, or nothing.
    pub async fn write<T, E>(
        &self,
        app: &App,
        work: impl FnOnce(&mut Work<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<db::Error> + Send + 'static,
    {
        app.write(self.actor().clone(), work).await
    }

    /// The whole session.
    pub fn session(&self) -> &Session {
        &self.session
    }
}

impl<P: Requires> FromRequest for Allowed<P> {
    type Error = AppError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, AppError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let session = check(&request, P::PERMISSION, AskedBy::Person).await?;
            Ok(Self {
                session,
                permission: PhantomData,
            })
        })
    }
}

/// Whose doing a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AskedBy {
    /// Somebody opened a page or pressed a button: the session goes on.
    Person,
    /// A page asked by itself, and would do so all night on a tablet that was left behind.
    Script,
}

/// The session of a request that may do `permission`; looked up once a request.
pub(super) async fn check(
    request: &HttpRequest,
    permission: Permission,
    asked_by: AskedBy,
) -> Result<Session, AppError> {
    let known = request.extensions().get::<Session>().cloned();
    let session = if let Some(session) = known {
        session
    } else {
        let app = app_of(request)?;
        let session = session_of(&app, request).await?;
        if asked_by == AskedBy::Person {
            prolong(&app, request, &session).await?;
        }
        request.extensions_mut().insert(session.clone());
        session
    };
    if session.may(permission) {
        Ok(session)
    } else if session.role.is_some() {
        Err(AppError::Forbidden)
    } else {
        Err(AppError::SignInFirst {
            next: request.path().to_owned(),
        })
    }
}

/// The parts of the process that answers.
pub(super) fn app_of(request: &HttpRequest) -> Result<web::Data<App>, AppError> {
    request
        .app_data::<web::Data<App>>()
        .cloned()
        .ok_or_else(|| internal(anyhow::anyhow!("the server was started without its parts")))
}

/// Who sends the request.
pub(super) async fn session_of(app: &App, request: &HttpRequest) -> Result<Session, AppError> {
    let Some(token) = cookies::login_token(app, request) else {
        return Ok(Session::anonymous());
    };
    let (now, limits) = (app.clock.now(), app.session_limits());
    let found = app
        .db
        .read(move |tx| session::find(tx, &token, now, limits))
        .await?;
    Ok(found.unwrap_or_else(Session::anonymous))
}

/// Moves the idle limit of a session on.
async fn prolong(app: &App, request: &HttpRequest, session: &Session) -> Result<(), AppError> {
    let now = app.clock.now();
    match cookies::login_token(app, request) {
        Some(token) if session.is_worth_touching(now) => Ok(app
            .db
            .write(move |tx| -> Result<(), db::Error> { session::touch(tx, &token, now) })
            .await?),
        _ => Ok(()),
    }
}
