//! A row of the route table: method, path, permission, handler.
//!
//! The permission stands in the row to be read, and in the handler's first argument to be enforced; the compiler
//! refuses a row where the two differ.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{FromRequest, Handler, HttpRequest, Responder, web};

use super::allowed::AskedBy;
use super::{Allowed, allowed};
use crate::access::{Permission, Requires};

/// A page or an action.
#[derive(Clone)]
pub struct Route {
    /// GET or POST.
    pub method: Method,
    /// The path, with `{…}` for its variable parts.
    pub path: &'static str,
    /// What the visitor's role must have.
    pub permission: Permission,
    register: Arc<dyn Fn(&mut web::ServiceConfig) + Send + Sync>,
}

impl Route {
    /// Adds it to a server.
    pub fn register(&self, config: &mut web::ServiceConfig) {
        (self.register)(config);
    }
}

/// Arguments of a handler that begin with its permission.
pub trait Guarded {
    /// The permission.
    type Permission: Requires;
}

macro_rules! guarded {
    ($($argument:ident)*) => {
        impl<P: Requires, $($argument),*> Guarded for (Allowed<P>, $($argument,)*) {
            type Permission = P;
        }
    };
}

guarded! {}
guarded! { A }
guarded! { A B }
guarded! { A B C }
guarded! { A B C D }
guarded! { A B C D E }

/// A page.
pub fn get<P, F, Args>(path: &'static str, permission: P, handler: F) -> Route
where
    P: Requires,
    F: Handler<Args> + Send + Sync,
    F::Output: Responder + 'static,
    Args: Guarded<Permission = P> + FromRequest + 'static,
{
    route(Method::GET, path, permission, AskedBy::Person, handler)
}

/// What a page's script asks for by itself: it keeps nobody signed in.
pub fn background<P, F, Args>(path: &'static str, permission: P, handler: F) -> Route
where
    P: Requires,
    F: Handler<Args> + Send + Sync,
    F::Output: Responder + 'static,
    Args: Guarded<Permission = P> + FromRequest + 'static,
{
    route(Method::GET, path, permission, AskedBy::Script, handler)
}

/// An action.
pub fn post<P, F, Args>(path: &'static str, permission: P, handler: F) -> Route
where
    P: Requires,
    F: Handler<Args> + Send + Sync,
    F::Output: Responder + 'static,
    Args: Guarded<Permission = P> + FromRequest + 'static,
{
    route(Method::POST, path, permission, AskedBy::Person, handler)
}

fn route<P, F, Args>(
    method: Method,
    path: &'static str,
    _: P,
    asked_by: AskedBy,
    handler: F,
) -> Route
where
    P: Requires,
    F: Handler<Args> + Send + Sync,
    F::Output: Responder + 'static,
    Args: Guarded<Permission = P> + FromRequest + 'static,
{
    let for_method = method.clone();
    Route {
        method,
        path,
        permission: P::PERMISSION,
        register: Arc::new(move |config| {
            let handler = handler.clone();
            let guarded = move |request: HttpRequest, payload: web::Payload| {
                let handler = handler.clone();
                async move {
                    // Permission first: a body is not even read for somebody who may not send one.
                    allowed::check(&request, P::PERMISSION, asked_by).await?;
                    let arguments = Args::from_request(&request, &mut payload.into_inner())
                        .await
                        .map_err(Into::into)?;
                    Ok::<_, actix_web::Error>(handler.call(arguments).await)
                }
            };
            config.route(path, web::method(for_method.clone()).to(guarded));
        }),
    }
}
