#pragma once

#include <boost/asio/io_context.hpp>

namespace penstock::net {

using IoContext = boost::asio::io_context;
using Executor = IoContext::executor_type;  // concrete: no type erasure per operation

}  // namespace penstock::net
