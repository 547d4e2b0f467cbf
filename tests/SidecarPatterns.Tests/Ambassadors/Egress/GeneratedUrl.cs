using System.Net;

namespace SidecarPatterns.Tests;

/// <summary>A URL, or a <c>Location</c>, and what is to come of it.</summary>
/// <param name="Text">How it is written.</param>
/// <param name="End">What is to come of it.</param>
/// <param name="Scheme">Its scheme.</param>
/// <param name="Host">Its host; <see langword="null"/> where it has none.</param>
/// <param name="Port">Its port.</param>
/// <param name="Dialled">Who is dialled, if anybody.</param>
/// <param name="IsMixed">Whether its name led to addresses that are allowed and to others that are not.</param>
internal sealed record GeneratedUrl(string Text, UrlEnd End, string Scheme, GeneratedHost? Host, int Port, IPEndPoint? Dialled, bool IsMixed)
{
    public override string ToString() => $"{Text} [{Host?.Name} = {string.Join<IPAddress>(' ', Host?.Addresses ?? [])}: {End} {Dialled}]";
}
