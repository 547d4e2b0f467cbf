using System.Net;

namespace SidecarPatterns.Tests;

[TestFixture]
internal sealed class RequestCloneTests
{
    private static readonly HttpRequestOptionsKey<string> Key = new("key");

    [Test]
    public void Of_AnyRequest_HasAllOfItAndTheNewAddressAndMethod()
    {
        var address = new Uri("http://other.test/");
        using var content = new StringContent("a");
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://orders.test/")
        {
            Content = content,
            Version = HttpVersion.Version30,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.TryAddWithoutValidation("User-Agent", "(not a product");
        request.Headers.TryAddWithoutValidation("X-Many", ["a", "b,c"]);
        request.Headers.Host = "name.test";
        request.Headers.ExpectContinue = true;
        request.Options.Set(Key, "value");

        var clone = RequestClone.Of(request, address, HttpMethod.Put);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(clone.RequestUri, Is.SameAs(address));
            Assert.That(clone.Method, Is.SameAs(HttpMethod.Put));
            Assert.That(clone.Version, Is.SameAs(HttpVersion.Version30));
            Assert.That(clone.VersionPolicy, Is.EqualTo(HttpVersionPolicy.RequestVersionExact));
            Assert.That(clone.Content, Is.SameAs(content));
            Assert.That(clone.Headers.NonValidated.Select(static header => $"{header.Key}: {header.Value}"),
                Is.EqualTo(request.Headers.NonValidated.Select(static header => $"{header.Key}: {header.Value}")));
            Assert.That(clone.Headers.NonValidated["X-Many"], Is.EqualTo(new[] { "a", "b,c" }));
            Assert.That(clone.Headers.ExpectContinue, Is.True);
            Assert.That(clone.Options.TryGetValue(Key, out var value) ? value : null, Is.EqualTo("value"));
        }
    }

    [Test]
    public void Of_RequestThatChangesLater_StaysAsItWas()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://orders.test/");
        request.Headers.Add("X-One", "1");

        var clone = RequestClone.Of(request, request.RequestUri, request.Method);
        request.Headers.Add("X-Two", "2");
        request.Options.Set(Key, "value");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(clone.Headers.Select(static header => header.Key), Is.EqualTo(new[] { "X-One" }));
            Assert.That(clone.Options, Is.Empty);
        }
    }
}
