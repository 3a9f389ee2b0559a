//! The server: what every request passes through.

use std::net::TcpListener;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::{Compress, Next, from_fn};
use actix_web::{App as ActixApp, HttpMessage, HttpServer, web};
use percent_encoding::percent_decode_str;
use tracing::Span;
use tracing_actix_web::{RequestId, RootSpanBuilder, TracingLogger};

use super::exposure::Exposure;
use super::forms::MOST_BYTES;
use super::{assets, errors};
use crate::app::App;
use crate::error::AppError;
use crate::web::routing::Route;

/// The log line of a request: the route's pattern, never the path or the query that was typed.
#[derive(Debug)]
pub struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let id = request
            .extensions()
            .get::<RequestId>()
            .copied()
            .map(|id| id.to_string());
        tracing::info_span!(
            "request",
            method = %request.method(),
            route = request.match_pattern().unwrap_or_default(),
            id,
            status = tracing::field::Empty,
        )
    }

    fn on_request_end<B: MessageBody>(
        span: Span,
        outcome: &Result<ServiceResponse<B>, actix_web::Error>,
    ) {
        let status = match outcome {
            Ok(response) => response.status(),
            Err(error) => error.as_response_error().status_code(),
        };
        span.record("status", status.as_u16());
        span.in_scope(|| tracing::info!("answered"));
    }
}

/// Starts to answer on `listener`; the server ends when it is told to.
pub fn run(
    app: App,
    routes: Vec<Route>,
    listener: TcpListener,
    workers: usize,
) -> std::io::Result<Server> {
    // Whoever looks at a page would rather read that it cannot be shown than wait.
    let data = web::Data::new(App {
        db: app.db.for_pages(),
        ..app
    });
    Ok(HttpServer::new(move || {
        let routes = routes.clone();
        ActixApp::new()
            .app_data(data.clone())
            .app_data(web::FormConfig::default().limit(MOST_BYTES))
            .wrap(from_fn(same_origin_only))
            .wrap(from_fn(plain_addresses_only))
            .wrap(from_fn(errors::as_pages))
            .wrap(from_fn(headers))
            .wrap(Compress::default())
            .wrap(TracingLogger::<RequestSpan>::new())
            .configure(assets::configure)
            .configure(move |config| {
                for route in &routes {
                    route.register(config);
                }
            })
            .default_service(web::to(|| async {
                Err::<actix_web::HttpResponse, _>(AppError::NotFound)
            }))
    })
    .workers(workers)
    .shutdown_timeout(20)
    .client_request_timeout(Duration::from_secs(30))
    .listen(listener)?
    .run())
}

/// Refuses an address with a control character: no page links to one, and one database takes what the other refuses.
async fn plain_addresses_only(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    if percent_decode_str(&request.uri().to_string()).any(|byte| byte.is_ascii_control()) {
        let refused = request.error_response(AppError::BadRequest(
            "The address holds a character that no address of this service has. Check it, or follow a link.".to_owned(),
        ));
        return Ok(refused.map_into_right_body());
    }
    Ok(next.call(request).await?.map_into_left_body())
}

/// Refuses an action that another site's page sends.
async fn same_origin_only(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    if request.method() != Method::GET
        && request.method() != Method::HEAD
        && is_from_elsewhere(&request)
    {
        let refused = request.error_response(AppError::CrossSite);
        return Ok(refused.map_into_right_body());
    }
    Ok(next.call(request).await?.map_into_left_body())
}

fn is_from_elsewhere(request: &ServiceRequest) -> bool {
    let text = |name: &str| {
        request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    if let Some(site) = text("sec-fetch-site") {
        return !matches!(site, "same-origin" | "none");
    }
    match (text("origin"), text("host")) {
        (Some(origin), Some(host)) => origin.split("://").nth(1) != Some(host),
        _ => false,
    }
}

/// What browsers are told of every page: who may keep and find it, nothing comes from elsewhere, nobody frames it.
async fn headers(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let mut response = next.call(request).await?;
    let exposure = Exposure::of(response.request(), response.status());
    let headers = response.headers_mut();
    exposure.write(headers);
    let mut put = |name: HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    put(
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'self'; manifest-src 'self'",
    );
    put(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=()",
    );
    put(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    Ok(response)
}
