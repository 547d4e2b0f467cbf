using System.Net;

namespace SidecarPatterns.Tests;

/// <summary>The address that a request is sent to.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class EndpointAddressTests
{
    [TestCase("http://10.0.0.1:8080", "http://orders/items?id=1", "http://10.0.0.1:8080/items?id=1")]
    [TestCase("http://10.0.0.1:8080/", "http://orders/", "http://10.0.0.1:8080/")]
    [TestCase("http://10.0.0.2:8080/api", "http://orders/items", "http://10.0.0.2:8080/api/items")]
    [TestCase("http://10.0.0.2:8080/api/", "http://orders/items", "http://10.0.0.2:8080/api/items", TestName = "Combine_SlashAtTheEndOfThePrefix_IsNotDoubled")]
    [TestCase("https://a.test/v1/x", "http://orders:81/y/?q=%2F", "https://a.test/v1/x/y/?q=%2F", TestName = "Combine_SchemeAndPort_AreTheEndpoints")]
    [TestCase("http://a.test/p", "http://orders/a%2Fb%20c%25/%C3%A4?x=%26%3D", "http://a.test/p/a%2Fb%20c%25/%C3%A4?x=%26%3D", TestName = "Combine_EscapedPath_StaysEscaped")]
    [TestCase("http://a.test/p", "http://orders/%2e%2e%2fadmin", "http://a.test/p/..%2Fadmin", TestName = "Combine_EscapedDots_DoNotLeaveThePrefix")]
    [TestCase("http://a.test/p", "http://orders/x#part", "http://a.test/p/x", TestName = "Combine_Fragment_IsLeftOut")]
    [TestCase("http://a.test/p", "http://user:word@orders/x", "http://a.test/p/x", TestName = "Combine_UserInfo_IsLeftOut")]
    [TestCase("http://a.test/p", "http://a.test/x", "http://a.test/p/x", TestName = "Combine_ThereAlreadyButNotBelowThePrefix_IsBelowIt")]
    [TestCase("http://[2001:db8::1]:81", "http://orders/x", "http://[2001:db8::1]:81/x")]
    [TestCase("http://b\u00fccher.test", "http://orders/x", "http://xn--bcher-kva.test/x")]
    public void Combine(string endpoint, string logical, string expected)
    {
        var combined = new EndpointAddress(new Uri(endpoint)).Combine(new Uri(logical));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(combined.AbsoluteUri, Is.EqualTo(expected).IgnoreCase);
            Assert.That(combined.PathAndQuery, Is.EqualTo(expected[expected.IndexOf('/', 8)..]).IgnoreCase);
            Assert.That(combined.Fragment, Is.Empty);
        }
    }

    [Test]
    public void Combine_AddressThatIsNotToBeRewritten_StaysAsItIs()
    {
        var logical = new Uri("http://orders/a/../%41", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });

        Assert.That(new EndpointAddress(new Uri("http://a.test/p")).Combine(logical).AbsoluteUri, Is.EqualTo("http://a.test/p/a/../%41"));
    }

    [Test]
    public void Combine_SameAgain_IsTheSameObject()
    {
        var address = new EndpointAddress(new Uri("http://a.test/p"));
        var logical = new Uri("http://orders/x");

        var first = address.Combine(logical);

        Assert.That(address.Combine(logical), Is.SameAs(first));
        Assert.That(address.Combine(new Uri("http://orders/y")).AbsolutePath, Is.EqualTo("/p/y"));
    }

    [Test]
    public void Combine_ThereAlready_IsTheRequestsOwn()
    {
        var logical = new Uri("http://A.test:80/x?y");

        Assert.That(new EndpointAddress(new Uri("http://a.test")).Combine(logical), Is.SameAs(logical));
        Assert.That(new EndpointAddress(new Uri("https://a.test:80")).Combine(logical).Scheme, Is.EqualTo("https"));
    }

    [TestCase("http://orders:8080/api", "10.1.2.3", "http://10.1.2.3:8080/api/x", "orders:8080")]
    [TestCase("https://orders.test", "10.1.2.3", "https://10.1.2.3/x", "orders.test")]
    [TestCase("https://orders.test", "2001:db8::7", "https://[2001:db8::7]/x", "orders.test")]
    public void Combine_PerAddress_GoesToTheAddressAndNamesTheHost(string endpoint, string ip, string expected, string host)
    {
        var address = new EndpointAddress(new Uri(endpoint), IPAddress.Parse(ip));

        Assert.That((address.Combine(new Uri("http://orders/x")).AbsoluteUri, address.HostHeader), Is.EqualTo((expected, host)));
    }

    [TestCase("http://a.test/p", null, "http://A.test:80/x?y#z", "http://orders/", "http://A.test:80/x?y#z", TestName = "Localize_ThereAlready_Stays")]
    [TestCase("http://a.test/p", null, "http://orders/x?y#z", "http://orders/o", "http://a.test/p/x?y#z", TestName = "Localize_AsItsClientsKnowIt_IsBelowItsPath")]
    [TestCase("http://a.test/p", null, "http://other/x", "http://orders/o", "http://other/x", TestName = "Localize_AnotherHost_Stays")]
    [TestCase("http://a.test/p", null, "http://orders/x", null, "http://orders/x", TestName = "Localize_NobodyKnowsHowItsClientsKnowIt_Stays")]
    [TestCase("http://a.test:81/p", "10.0.0.1", "http://A.test:81/x?y#z", "http://orders/", "http://10.0.0.1:81/x?y#z", TestName = "Localize_ByItsName_IsAtItsAddressAndBesideItsPath")]
    [TestCase("http://a.test:81/p", "10.0.0.1", "http://10.0.0.1:81/x", "http://orders/", "http://10.0.0.1:81/x", TestName = "Localize_ByItsAddress_Stays")]
    [TestCase("http://a.test:81/p", "10.0.0.1", "http://a.test:82/x", "http://orders/", "http://a.test:82/x", TestName = "Localize_AnotherPort_Stays")]
    [TestCase("http://a.test:81/p", "10.0.0.1", "https://a.test:81/x", "http://orders/", "https://a.test:81/x", TestName = "Localize_AnotherScheme_Stays")]
    [TestCase("http://a.test:81/p", "10.0.0.1", "http://b.test:81/x", "http://orders/", "http://b.test:81/x", TestName = "Localize_AnotherNameAtThePort_Stays")]
    public void Localize(string endpoint, string? ip, string target, string? logical, string expected)
    {
        var address = new EndpointAddress(new Uri(endpoint), ip is null ? null : IPAddress.Parse(ip));

        Assert.That(address.Localize(new Uri(target), logical is null ? null : new Uri(logical)).OriginalString, Is.EqualTo(expected));
    }

    [TestCase("http://a.test/p", "http://A.test/p/x?y#z", "https://orders:81/x?y#z")]
    [TestCase("http://a.test/p", "http://a.test/p/", "https://orders:81/")]
    [TestCase("http://a.test", "http://a.test/p/x", "https://orders:81/p/x")]
    [TestCase("http://a.test/p", "http://a.test/p", null)]
    [TestCase("http://a.test/p", "http://a.test/px", null)]
    [TestCase("http://a.test/p", "http://a.test/q/x", null)]
    [TestCase("http://a.test/p", "http://a.test/P/x", null)]
    [TestCase("http://a.test/p", "http://b.test/p/x", null)]
    [TestCase("http://a.test/p", "http://a.test:81/p/x", null)]
    public void FindLogical_Target_IsKnownToClientsWhereItIsBelowThePath(string endpoint, string target, string? expected) =>
        Assert.That(new EndpointAddress(new Uri(endpoint)).FindLogical(new Uri(target), new Uri("https://orders:81/o"))?.OriginalString, Is.EqualTo(expected));

    [TestCase("a.test", 81, false)]
    [TestCase("10.0.0.1", 81, true)]
    [TestCase("10.0.0.1", 80, false)]
    [TestCase("10.0.0.2", 81, false)]
    public void IsAt_HostAndPort_AreThoseOfTheConnection(string host, int port, bool expected) =>
        Assert.That(new EndpointAddress(new Uri("http://a.test:81/p"), IPAddress.Parse("10.0.0.1")).IsAt(host, port), Is.EqualTo(expected));

    [TestCase("http://a.test/p", null, "a.test", null, null, false)]
    [TestCase("https://a.test:8443/p", null, "a.test:8443", null, null, true)]
    [TestCase("http://10.0.0.1.:81", null, "10.0.0.1.:81", null, "10.0.0.1", false)]
    [TestCase("http://[2001:db8::1]:81", null, "[2001:db8::1]:81", null, "2001:db8::1", false)]
    [TestCase("http://localhost:81", null, "localhost:81", null, null, true)]
    [TestCase("http://a.test:81", "10.0.0.1", "10.0.0.1:81 (a.test)", "a.test:81", "10.0.0.1", false)]
    [TestCase("http://a.test", "127.0.0.1", "127.0.0.1 (a.test)", "a.test", "127.0.0.1", true)]
    [TestCase("http://[2001:db8::1]:81", "2001:db8::2", "[2001:db8::2]:81 (2001:db8::1)", "[2001:db8::1]:81", "2001:db8::2", false)]
    public void Parts_AreThoseOfTheOptionsAndOfTheConnection(string endpoint, string? ip, string authority, string? hostHeader, string? literal, bool isSecure)
    {
        var address = new EndpointAddress(new Uri(endpoint), ip is null ? null : IPAddress.Parse(ip));

        using (Assert.EnterMultipleScope())
        {
            Assert.That((address.Authority, address.HostHeader), Is.EqualTo((authority, hostHeader)));
            Assert.That((address.Literal?.ToString(), address.IsSecure), Is.EqualTo((literal, isSecure)));
        }
    }

    [Test]
    public void Key_TellsEndpointsApart()
    {
        var a = new EndpointAddress(new Uri("http://a.test/x/"));
        Assert.That(a.Key, Is.EqualTo("http://a.test/x"));
        Assert.That(a.Key, Is.EqualTo(new EndpointAddress(new Uri("HTTP://A.test:80/x")).Key));
        string[] others = ["http://a.test/", "http://a.test/X", "http://a.test:81/x", "https://a.test/x", "http://b.test/x"];
        Assert.That(others.Select(static other => new EndpointAddress(new Uri(other)).Key).Append(a.Key), Is.Unique);
        Assert.That(
            new EndpointAddress(new Uri("http://a.test"), IPAddress.Loopback).Key,
            Is.Not.EqualTo(new EndpointAddress(new Uri("http://b.test"), IPAddress.Loopback).Key),
            "two names at one address have pools of their own");
    }

    [TestCase(true, TestName = "HostHeader_OverTls_IsTheNameThatTheServerHasToProve")]
    [TestCase(false, TestName = "HostHeader_OverTlsWithTheCertificateOfAnother_IsRefused")]
    public async Task HostHeader_OverTls(bool isRight)
    {
        await using var server = ScriptedServer.StartTls(isRight ? TestCertificates.Localhost : TestCertificates.WrongName).Answers(200, "good");
        var address = new EndpointAddress(server.Uri, IPAddress.Loopback);
        using var primary = PrimaryHandler.Create(LoneAmbassadors.Of(new AmbassadorOptions(), timeProvider: null, loggerFactory: null));
        primary.SslOptions.CertificateChainPolicy = TestCertificates.Trusting().CertificateChainPolicy;
        using var client = new HttpMessageInvoker(primary);
        using var request = new HttpRequestMessage(HttpMethod.Get, address.Combine(new Uri("http://orders/x")));
        request.Headers.Host = address.HostHeader;
        Assert.That(request.RequestUri!.Host, Is.EqualTo("127.0.0.1"));

        var sending = client.SendAsync(request, CancellationToken.None);

        if (isRight)
        {
            using var response = await sending.InTime();
            Assert.That(server.Served[0].Header("Host"), Is.EqualTo($"localhost:{server.Uri.Port}"));
        }
        else
        {
            Assert.That(await sending.FailureAsync(), Is.TypeOf<HttpRequestException>());
            Assert.That(server.Requests, Is.Zero);
        }
    }
}
