//! A row of the route table: method, path, permission, handler.
//!
//! The permission stands in the row to be read, and in the handler's first argument to be enforced; the compiler
//! refuses a row where the two differ.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{FromRequest, Handler, HttpMessage, HttpRequest, Responder, guard, web};

use super::allowed::{AskedBy, app_of};
use super::exposure::Exposure;
use super::pace::Pace;
use super::{Allowed, allowed, client};
use crate::access::{Permission, Requires};
use crate::error::AppError;

/// A page or an action.
#[derive(Clone)]
pub struct Route {
    /// GET or POST.
    pub method: Method,
    /// The path, with `{…}` for its variable parts.
    pub path: &'static str,
    /// What the visitor's role must have.
    pub permission: Permission,
    /// Who may come across it.
    pub exposure: Exposure,
    register: Arc<Register>,
}

/// Adds a route with its exposure to a server.
type Register = dyn Fn(&mut web::ServiceConfig, Exposure) + Send + Sync;

impl Route {
    /// Adds it to a server.
    pub fn register(&self, config: &mut web::ServiceConfig) {
        (self.register)(config, self.exposure);
    }

    /// Written for everybody: search engines may list it.
    #[must_use]
    pub fn findable(self) -> Self {
        Self {
            exposure: Exposure::Findable,
            ..self
        }
    }

    /// Its address is a secret that no other page may learn.
    #[must_use]
    pub fn secret(self) -> Self {
        Self {
            exposure: Exposure::Secret,
            ..self
        }
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
        exposure: Exposure::default(),
        register: Arc::new(move |config, exposure| {
            let handler = handler.clone();
            let guarded = move |request: HttpRequest, payload: web::Payload| {
                let handler = handler.clone();
                async move {
                    // The figures of a demonstration are invented: nobody is to find them.
                    if !app_of(&request)?.config.web.demo {
                        request.extensions_mut().insert(exposure);
                    }
                    // Permission first: a body is not even read for somebody who may not send one.
                    let session = allowed::check(&request, P::PERMISSION, asked_by).await?;
                    if request.method() == Method::POST && session.role.is_none() {
                        keep_pace(&request)?;
                    }
                    let arguments = Args::from_request(&request, &mut payload.into_inner())
                        .await
                        .map_err(Into::into)?;
                    Ok::<_, actix_web::Error>(handler.call(arguments).await)
                }
            };
            let route = if for_method == Method::GET {
                // A question about a page is answered as the page is, without its body.
                web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
            } else {
                web::route().guard(guard::Method(for_method.clone()))
            };
            config.route(path, route.to(guarded));
        }),
    }
}

/// Refuses a form of somebody who is not signed in when too many came from the same network.
fn keep_pace(request: &HttpRequest) -> Result<(), AppError> {
    let app = app_of(request)?;
    let network = client::network(client::address(request, &app.config.web.trusted_proxies));
    app.part::<Pace>()
        .take(
            &network,
            app.clock.now(),
            app.config.web.anonymous_forms_a_minute,
        )
        .map_err(|seconds| AppError::TooMany {
            message: format!(
                "Too many tries came from your network. Wait {seconds} seconds and try again."
            ),
            seconds,
        })
}
